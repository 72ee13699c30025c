//! `pizza completions`

use std::io::Write as _;

use clap::{Args, Command};
use clap_complete::Shell;

/// Print what a shell needs to complete this program's verbs and options
///
///   pizza completions bash > ~/.local/share/bash-completion/completions/pizza
///   pizza completions zsh > ~/.zfunc/_pizza
///   pizza completions fish > ~/.config/fish/completions/pizza.fish
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, mut program: Command) -> anyhow::Result<()> {
        let name = program.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, name, &mut script);
        Ok(std::io::stdout().lock().write_all(&script)?)
    }
}
