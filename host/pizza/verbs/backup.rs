//! `pizza backup …`: all that a store has, in one file.

mod restore;
mod take;
mod told;
mod verify;

use clap::{Args, Subcommand};

/// All that a silo's store has in one file: take it while the silo works, verify it, restore it
///
///   pizza backup take pizza-2026-11-30.backup
///   pizza backup verify pizza-2026-11-30.backup
///   pizza backup restore pizza-2026-11-30.backup --data ./restored
///
/// It has actors, reminders, messages under way, streams, dead letters, modules and their plans, as they
/// were at one moment. Tokens, certificates, the archive and the configuration are files beside the store,
/// and are copied as files. A Redis is backed up by its own tools: docs/backup.md.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct BackupVerb {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Take one from a running silo; it is verified before it has its name.
    Take(take::Take),
    /// Read one from its beginning to its end, and say what it has.
    Verify(verify::Verify),
    /// Make the store of a data directory that has none of one.
    Restore(restore::Restore),
}

impl BackupVerb {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.verb {
            Verb::Take(verb) => verb.run(),
            Verb::Verify(verb) => verb.run(),
            Verb::Restore(verb) => verb.run(),
        }
    }
}
