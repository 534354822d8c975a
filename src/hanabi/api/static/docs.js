// Shows /openapi.json as a page. All text goes in as text, never as HTML.

const element = (tag, ...children) => {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
};

const link = (name) => {
  const made = element("a", name);
  made.href = `#${name}`;
  return made;
};

const refName = (schema) => schema.$ref.split("/").at(-1);

// The limits of a schema in words, such as " 0 to 2".
const limits = (schema) => {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  if (low !== undefined && schema.maximum !== undefined) return ` ${low} to ${schema.maximum}`;
  if (low !== undefined) return `, at least ${low}`;
  if (schema.maxItems !== undefined) return `, at most ${schema.maxItems}`;
  return "";
};

// A schema as a list of nodes: type names, limits, and links to other types.
const describe = (schema) => {
  if (schema.$ref) return [link(refName(schema))];
  if (schema.anyOf) {
    const kinds = schema.anyOf.filter((kind) => kind.type !== "null");
    return kinds.flatMap((kind, i) => (i ? [" or ", ...describe(kind)] : describe(kind)));
  }
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(", ")];
  if (schema.type === "array" && schema.items) {
    return ["list of ", ...describe(schema.items), limits(schema)];
  }
  return [`${schema.type ?? "anything"}${limits(schema)}`];
};

const about = (schema) =>
  schema.description ?? schema.anyOf?.map(about).find((text) => text) ?? "";

const fieldRow = (name, schema, required) =>
  element(
    "tr",
    element("td", element("code", name), required ? " *" : ""),
    element("td", ...describe(schema)),
    element("td", about(schema)),
  );

const firstParagraph = (text) => text.split("\n\n")[0];

const typeBox = (name, schema) => {
  const purpose = element("span", firstParagraph(about(schema)));
  const box = element("details", element("summary", element("code", name), purpose));
  box.id = name;
  const rows = Object.entries(schema.properties ?? {}).map(([field, inner]) =>
    fieldRow(field, inner, schema.required?.includes(field)));
  box.append(element("table", ...rows));
  return box;
};

// One operation is served under several paths: the first is its name, the others are aliases.
const routeBox = ([path, ...aliases], method, operation) => {
  const box = element(
    "details",
    element("summary", element("code", `${method.toUpperCase()} ${path}`), element("span", operation.summary)),
  );
  if (aliases.length) {
    const codes = aliases.flatMap((alias, i) => (i ? [", ", element("code", alias)] : [element("code", alias)]));
    box.append(element("p", "Also as: ", ...codes));
  }
  const body = operation.requestBody?.content["application/json"]?.schema;
  if (body) box.append(element("p", "Body: ", ...describe(body)));
  const replies = Object.entries(operation.responses["200"].content ?? {});
  for (const [kind, reply] of replies) {
    const schema = reply.itemSchema?.properties.data.anyOf.at(-1).contentSchema ?? reply.schema;
    box.append(element("p", `Reply, ${kind}: `, ...describe(schema)));
  }
  return box;
};

// A link to a type opens it.
const openTarget = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
};

const spec = await (await fetch("/openapi.json")).json();
document.querySelector("#about").textContent = `${spec.info.description} Version ${spec.info.version}.`;
const routes = new Map();
for (const [path, operations] of Object.entries(spec.paths)) {
  for (const [method, operation] of Object.entries(operations)) {
    const key = `${method} ${operation.summary}`;
    if (!routes.has(key)) routes.set(key, { method, operation, paths: [] });
    routes.get(key).paths.push(path);
  }
}
for (const { method, operation, paths } of routes.values()) {
  document.querySelector("#routes").append(routeBox(paths, method, operation));
}
for (const [name, schema] of Object.entries(spec.components.schemas)) {
  document.querySelector("#types").append(typeBox(name, schema));
}
addEventListener("hashchange", openTarget);
openTarget();
