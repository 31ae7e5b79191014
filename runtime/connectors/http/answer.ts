/** Parts of a JSON text as they are written, so that numbers keep all their digits. */

/** Texts of the elements of an array, or of `key: value` members of an object; `[1, "a,b", [2]]` → `1`, `"a,b"`, `[2]`. */
export function elementsOf(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 1;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '[' || c === '{') depth++;
    else if (c === ']' || c === '}') depth--;
    if (inString || !((c === ',' && depth === 1) || depth === 0)) continue;
    const part = text.slice(from, i).trim();
    if (part !== '') parts.push(part);
    from = i + 1;
    if (depth === 0) break;
  }
  return parts;
}

/** The value at a path of fields, trimmed; undefined where there is none. */
export function fieldOf(text: string, path: readonly string[]): string | undefined {
  let part: string | undefined = text.trim();
  for (const name of path) {
    if (!part?.startsWith('{')) return undefined;
    const key = JSON.stringify(name);
    const member: string | undefined = elementsOf(part).find((m) => new RegExp(`^${escaped(key)}\\s*:`).test(m));
    part = member?.slice(member.indexOf(':', key.length) + 1).trim();
  }
  return part;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
