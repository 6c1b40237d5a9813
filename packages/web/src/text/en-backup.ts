/** Texts of the backup. */
export const enBackup = {
  "backup.title": "Backup",
  "backup.holds":
    "One encrypted file with all that a new box needs: configuration and its versions, secrets, users, certificates, what was learnt.",
  "backup.lacks":
    "Samples that are not upstream are not in it: headgate backup --with-buffer takes them along. It is put back by headgate restore.",
  "backup.passphrase": "Passphrase",
  "backup.again": "Once more",
  "backup.differs": "The two differ.",
  "backup.sentence":
    "At least {n} characters; a sentence is best. It is kept nowhere: without it nobody opens the file.",
  "backup.take": "Download the backup",
  "backup.making": "Being made …",
  "backup.taken": "The backup was downloaded. Keep its passphrase elsewhere.",
  "backup.login": "Only an admin makes backups.",
  "action.backup.take": "made a backup",
  "action.backup.restore": "restored a backup",
};
