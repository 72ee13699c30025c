//! The process that compiles a module for a silo; a silo starts it by itself.

use clap::Args;
use pizza_silo::compile_child;

#[derive(Args)]
pub(crate) struct Compile {
    #[arg(num_args = 3)]
    numbers: Vec<u64>,
}

impl Compile {
    /// The arguments by which a silo starts it.
    pub(crate) const ARGUMENTS: [&str; 1] = ["compile-module"];

    pub(crate) fn run(self) -> anyhow::Result<()> {
        let numbers = self.numbers.try_into();
        let numbers: [u64; 3] = numbers.map_err(|_| anyhow::anyhow!("three numbers are needed"))?;
        std::process::exit(compile_child(&numbers)?)
    }
}
