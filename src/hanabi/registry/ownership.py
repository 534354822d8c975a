"""Which database a home folder belongs to.

Files that no row of the database names are cleared away. Another database names none of them: so a
home serves the one that it was first opened with.
"""

from pathlib import Path

from sqlalchemy import Engine, select

from hanabi.database.tables import identity
from hanabi.errors import ConflictError

FILE_NAME = "database-id"


def claim(home: Path, database: Engine) -> None:
    """Note in a home folder, at its first opening, which database it belongs to.

    Raises ConflictError when it belongs to another one.
    """
    with database.connect() as connection:
        ours = connection.execute(select(identity.c.id)).scalar_one()
    path = home / FILE_NAME
    known = path.read_text("ascii").strip() if path.exists() else ""
    if not known:
        draft = path.with_name(f"{FILE_NAME}.{ours}")
        draft.write_text(f"{ours}\n", "ascii")
        draft.replace(path)
    elif known != ours:
        raise ConflictError(
            "The home folder belongs to another database than the one given, which does not know "
            "the models in it. Give the database that it was made with (--database), or another "
            f"home (--home); to have all its models cleared away, delete the file {FILE_NAME} in it"
        )
