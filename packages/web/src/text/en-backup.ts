/** Texts of the backup. */
export const enBackup = {
  "backup.title": "Backup",
  "backup.holds":
    "All that a new box needs, encrypted: configuration, secrets, users, certificates.",
  "backup.lacks":
    "Without samples: headgate backup --with-buffer has them too. headgate restore puts it back.",
  "backup.passphrase": "Passphrase",
  "backup.again": "Once more",
  "backup.differs": "The two differ.",
  "backup.sentence":
    "At least {n} characters, best a sentence. It is kept nowhere; nobody opens the file without.",
  "backup.take": "Download the backup",
  "backup.making": "Being made …",
  "backup.taken": "The backup was downloaded. Keep its passphrase elsewhere.",
  "backup.login": "Only an admin makes backups.",
  "action.backup.take": "made a backup",
  "action.backup.restore": "restored a backup",
};
