// Where the server answers. Whatever stands after "?" (a token, with --host) goes along.

function query(more: Record<string, string> = {}): string {
  const all = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(more)) all.set(name, value);
  const text = all.toString();
  return text ? `?${text}` : "";
}

export function socketAddress(): string {
  const address = new URL(`ws${query()}`, location.href);
  address.hash = "";
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

export function schemaAddress(): string {
  return `api/schema${query()}`;
}

export function runAddress(session: string): string {
  return `api/run.zip${query({ session })}`;
}

export function tomlAddress(session: string): string {
  return `api/experiment.toml${query({ session })}`;
}

/** The page with a whole configuration in it. */
export function linkTo(configuration: string): string {
  return `${location.origin}${location.pathname}#${configuration}`;
}
