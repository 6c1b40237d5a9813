/** Texts of people: who they are, who may log in. */
export const enPeople = {
  "people.own": "Own password",
  "people.old": "Password now",
  "people.new": "New password",
  "people.change": "Change the password",
  "people.changed": "The password is changed; other devices of yours are logged out.",
  "people.title": "Who may log in",
  "people.role": "Role of {name}",
  "people.roles":
    "Viewers look. Technicians change devices too, admins also uplinks, access and this list.",
  "people.you": "you",
  "people.reset": "New password …",
  "people.resetOf": "New password of {name}",
  "people.remove": "Remove",
  "people.removeSure": "Really remove {name}",
  "people.add": "Let somebody in",
  "people.addIt": "Add",
  "people.roleOfNew": "Role",
  "people.done": "Done: {name}. Whoever was logged in with this name has to log in again.",
  "people.link": "Own password, who may log in",
  "trouble.unclaimed": "Nobody owns this gateway yet",
  "trouble.unclaimed.todo":
    "Claim it first, with the code in its log or on its label; then devices can be added.",
};
