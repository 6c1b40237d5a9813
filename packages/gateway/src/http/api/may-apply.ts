import type { Draft } from "../../configuration/draft.ts";
import { ApiProblem } from "./api-problem.ts";
import type { Caller } from "./route.ts";

/** Throws where this caller may not apply a draft, nor have it tried. */
export function requireMay({ role }: Caller): (draft: Draft) => void {
  return ({ isRisky, movedSecrets }) => {
    if (role === "admin") return;
    if (isRisky)
      throw new ApiProblem("wrong-role", { params: { role: `${role}`, needed: "admin" } });
    const [path] = movedSecrets;
    if (path !== undefined) throw new ApiProblem("secret-moves", { params: { path } });
  };
}
