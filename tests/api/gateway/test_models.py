import pytest

MODELS = "/v1/accounts/alice/models"


def test_a_model_begins_as_uploading(create):
    config = {"style": "chatml", "system": "Be brief."}
    assert create(
        "m", displayName="M", description="d", public=True, conversationConfig=config
    ) == {
        "name": "accounts/alice/models/m",
        "displayName": "M",
        "description": "d",
        "createTime": "2023-11-14T22:13:20Z",
        "state": "UPLOADING",
        "status": {
            "code": "FAILED_PRECONDITION",
            "message": "Its files are awaited: upload them, then ask for :validateUpload",
        },
        "kind": "HF_BASE_MODEL",
        "public": True,
        "conversationConfig": config,
    }


@pytest.mark.parametrize("prefix", ["/v1", "/inference/v1", "/inference/v1/v1"])
def test_it_is_shown_below_every_prefix(ask, create, prefix):
    made = create("m")
    assert ask("GET", f"{prefix}/accounts/alice/models/m").json == made
    assert ask("GET", f"{prefix}/accounts/alice/models").json == {
        "models": [made],
        "nextPageToken": "",
        "totalSize": 1,
    }


def test_an_empty_system_prompt_is_kept(create, ask):
    create("m", conversationConfig={"style": "chatml", "system": ""})
    config = ask("GET", f"{MODELS}/m").json["conversationConfig"]
    assert config == {"style": "chatml", "system": ""}


def test_a_name_is_taken_once(ask, create):
    create("m")
    reply = ask("POST", MODELS, {"modelId": "m"})
    assert reply.status == 409
    assert reply.json["code"] == 6
    assert "accounts/alice/models/m exists already" in reply.json["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "modelId is required"),
        ({"modelId": "M"}, "model id must be 1 to 63 of a-z"),
        ({"modelId": "m", "x": 1}, "Extra inputs are not permitted, field: 'x'"),
        ({"modelId": "m", "model": {"x": 1}}, "Extra inputs are not permitted, field: 'model.x'"),
        (
            {"modelId": "m", "model": {"conversationConfig": {"style": "chatml", "x": 1}}},
            "Extra inputs are not permitted, field: 'model.conversationConfig.x'",
        ),
        (
            {"modelId": "m", "model": {"conversationConfig": {"style": "nope"}}},
            "model.conversationConfig.style: there is no style 'nope'",
        ),
        (
            {"modelId": "m", "model": {"conversationConfig": {"style": "chatml", "template": "t"}}},
            "model.conversationConfig.template: the style 'chatml' does not take it",
        ),
        (
            {"modelId": "m", "model": {"displayName": "x" * 101}},
            "model.displayName must have at most 100 characters: 101",
        ),
        (
            {"modelId": "m", "model": {"description": "\x1b"}},
            "model.description must not have control characters",
        ),
        (
            {"modelId": "m", "model": {"kind": "HF_PEFT_ADDON"}},
            'model.kind is not supported, leave it out or send "HF_BASE_MODEL" or "CUSTOM_MODEL":',
        ),
        ({"modelId": "m", "model": {"public": "yes"}}, 'model.public must be a boolean: "yes"'),
    ],
)
def test_a_bad_creation_is_refused(ask, body, message):
    reply = ask("POST", MODELS, body)
    assert (reply.status, reply.json["code"], reply.json["details"]) == (400, 3, [])
    assert reply.json["message"].startswith(message)
    assert ask("GET", MODELS).json["models"] == []


def test_only_its_account_and_admins_manage_an_account(ask, create):
    body = {"modelId": "m"}
    reply = ask("POST", MODELS, body, who="bob")
    assert (reply.status, reply.json["code"]) == (403, 7)
    assert "'bob'" in reply.json["message"]
    assert ask("POST", MODELS, body, who="admin").status == 200
    create("open", public=True)
    for path in (f"{MODELS}/open", f"{MODELS}/open:getUploadEndpoint"):
        method, sent = ("POST", {"filenameToSize": {}}) if ":" in path else ("DELETE", None)
        assert ask(method, path, sent, who="bob").status == 403
    assert ask("GET", f"{MODELS}/open:validateUpload", who="bob").status == 403


def test_a_private_model_is_not_there_for_others(ask, create):
    create("private")
    create("public", public=True)
    for method in ("GET", "DELETE"):
        reply = ask(method, f"{MODELS}/private", who="bob")
        missing = ask(method, f"{MODELS}/missing", who="bob")
        assert (reply.status, reply.body) == (404, missing.body)
    listed = {who: ask("GET", MODELS, who=who).json for who in ("alice", "bob", "admin")}
    names = {who: [m["name"][22:] for m in page["models"]] for who, page in listed.items()}
    both = ["private", "public"]
    assert names == {"alice": both, "bob": ["public"], "admin": both}
    assert listed["bob"]["totalSize"] == 1


def test_a_key_with_a_list_of_models_sees_these_and_changes_none(ask, create):
    create("private")
    create("other", public=True)
    bobs = "/v1/accounts/bob/models"
    for model_id in ("public", "secret"):
        body = {"modelId": model_id, "model": {"public": model_id == "public"}}
        assert ask("POST", bobs, body, who="bob").status == 200
    assert ask("GET", f"{MODELS}/private", who="reader").status == 200
    assert ask("GET", f"{bobs}/public", who="reader").status == 200
    missing = ask("GET", f"{MODELS}/missing", who="reader")
    for path in (f"{MODELS}/other", f"{bobs}/secret"):
        for method in ("GET", "DELETE"):
            reply = ask(method, path, who="reader")
            assert (reply.status, reply.body) == (404, missing.body)
    listed = [ask("GET", path, who="reader").json for path in (MODELS, bobs)]
    assert [[m["name"][-7:] for m in page["models"]] for page in listed] == [
        ["private"],
        ["/public"],
    ]
    assert [page["totalSize"] for page in listed] == [1, 1]
    for method, path, body in [
        ("POST", MODELS, {"modelId": "new"}),
        ("POST", MODELS, {"modelId": "other"}),
        ("DELETE", f"{MODELS}/private", None),
        ("POST", f"{MODELS}/private:getUploadEndpoint", {"filenameToSize": {}}),
        ("GET", f"{MODELS}/missing:validateUpload", None),
    ]:
        reply = ask(method, path, body, who="reader")
        assert (reply.status, reply.json["code"]) == (403, 7)
        assert "for the use of some models" in reply.json["message"]
    assert ask("GET", MODELS).json["totalSize"] == 2


def test_delete(ask, create, deleted):
    create("m")
    assert ask("DELETE", f"{MODELS}/m").json == {}
    assert deleted == ["accounts/alice/models/m"]
    reply = ask("DELETE", f"{MODELS}/m")
    assert (reply.status, reply.json["code"]) == (404, 5)
    assert ask("GET", f"{MODELS}/m").status == 404


def test_a_path_that_is_no_name_is_not_found(ask):
    assert ask("GET", f"{MODELS}/No").status == 404
    assert ask("GET", "/v1/accounts/No/models/m", who="admin").status == 404


def test_the_labels_of_a_model_do_not_change(ask, create):
    create("m")
    assert ask("PATCH", f"{MODELS}/m", {"displayName": "x"}).status == 405


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("pageSize=201", 'pageSize must be between 0 and 200: "201"'),
        ("pageSize=-1", 'pageSize must be between 0 and 200: "-1"'),
        ("pageSize=x", 'pageSize must be an integer between 0 and 200: "x"'),
        ("page_size=1", "Extra inputs are not permitted, field: 'page_size'"),
        ("pageToken=x", "pageToken must be the nextPageToken of a page of this list"),
        ("filter=x", "filter must be restrictions"),
        ("orderBy=x", "orderBy must be one of name, displayName, createTime"),
    ],
)
def test_a_bad_query_of_a_list(ask, query, message):
    reply = ask("GET", f"{MODELS}?{query}")
    assert reply.status == 400
    assert reply.json["message"].startswith(message)


def test_pages(ask, create):
    for model_id in ("c", "a", "b"):
        create(model_id)
    first = ask("GET", f"{MODELS}?pageSize=2").json
    assert [model["name"][-1] for model in first["models"]] == ["a", "b"]
    assert first["totalSize"] == 3
    rest = ask("GET", f"{MODELS}?pageSize=2&pageToken={first['nextPageToken']}").json
    assert [model["name"][-1] for model in rest["models"]] == ["c"]
    assert rest["nextPageToken"] == ""
