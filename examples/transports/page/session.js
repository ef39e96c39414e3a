// Whether the program is there: finds it, and finds it again after it ended.

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 8000;

/**
 * Asks for the session until there is one. `waiting(seconds)` is called before each further attempt.
 *
 * The waits double up to eight seconds.
 */
export async function findSession(waiting) {
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await getJson("/session");
    } catch {
      waiting(wait / 1000);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** What the program answers to a GET; rejects where it does not within five seconds. */
export async function getJson(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** POSTs `body`; a refusal rejects with the sentence of the program. */
export async function postJson(path, body) {
  const answer = await fetch(path, { method: "POST", body, signal: AbortSignal.timeout(5000) }).catch(() => {
    throw new Error("The program does not answer.");
  });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}
