// The JSON of a body; null when it is none.
export async function readJson<Body>(request: Request): Promise<Body | null> {
  try {
    return await request.json();
  } catch {
    return null;
  }
}
