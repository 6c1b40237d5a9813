/** Texts of updates and of what the program is made of. */
export const enUpdate = {
  "update.title": "Update",
  "update.notHere":
    "This gateway was not started by the launcher: its program is updated by whoever installed it.",
  "update.noKeys": "No key is trusted here: no update can be installed.",
  "update.signers": "Signed updates of",
  "update.previous": "Kept to go back to",
  "update.none": "none",
  "update.trial": "On trial: {seconds} s to come as far as before, or it goes back.",
  "update.missing": "Still missing:",
  "update.well": "Everything is as it was before. It stays in a moment.",
  "update.last": "Last",
  "update.confirmed": "{version} proved itself",
  "update.went-back": "{version} went back by itself",
  "update.taken-back": "{version} was taken back",
  "update.choose": "Choose an update file (.hgu)",
  "update.sending": "Sending: {percent} %",
  "update.staged": "Version {version}, signed by {signer}: every byte proved",
  "update.size": "{count} files, {size}",
  "update.install": "Install {version}",
  "update.pause":
    "The gateway starts anew: reading pauses for some seconds, nothing stored is lost.",
  "update.comesBack":
    "Unless the new version comes as far as this one in 5 min, this one is back by itself.",
  "update.starting": "It starts anew …",
  "update.back": "Back to {version}",
  "update.login": "Only an admin installs updates.",
  "system.parts": "What it is made of (CycloneDX)",
};
