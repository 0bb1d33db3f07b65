// Where the server answers, seen from the page: a proxy may have put it under a path of its own.

export function socketAddress(): string {
  const address = new URL("ws", location.href);
  address.hash = "";
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

export const SCHEMA = "api/schema";

/** A file to take away: of fixed names, made by the server. */
export function download(session: string, file: string, language: string): string {
  return `download/${encodeURIComponent(session)}/${file}?language=${language}`;
}

/** The page with a whole configuration in it. */
export function linkTo(configuration: string): string {
  return `${location.origin}${location.pathname}#${configuration}`;
}
