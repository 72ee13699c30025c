//! `pizza actor client`: another project's contract and its typed client, in a project that calls it.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;

use super::project::Project;

#[derive(Args)]
pub(crate) struct ActorClient {
    /// The folder of the project that is to be called
    of: PathBuf,
    /// The folder of the project that calls
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

impl ActorClient {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let caller = Project::of(&self.dir)?;
        let called = Project::of(&self.of)?;
        let name = &called.actor_type;
        let platform = called.platform();
        let contract = pizza_wit_client::of_actor(&platform, &self.of.join("wit"))?;
        let contract = contract.with_context(|| {
            format!(
                "{}: there is no `interface {name}` in its wit: what a client calls is in the \
                 interface of the package's own name",
                self.of.display()
            )
        })?;
        let into = self.dir.join(caller.lang.packages()).join(name);
        let is_own = caller.actor_type == *name;
        ensure!(
            !is_own,
            "{name} is the caller itself: name the project that it calls"
        );
        std::fs::create_dir_all(&into).with_context(|| into.display().to_string())?;
        for (file, text) in contract.files {
            let path = into.join(file);
            std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
        writeln!(
            std::io::stdout().lock(),
            "{} is there. Two lines more let it be used:\n\n  \
             in the world of {}:  import {};\n  \
             in its manifest:  \"calls\": [\"{name}.*\"]",
            into.display(),
            caller.actor_type,
            contract.client,
        )?;
        Ok(())
    }
}
