//! Which letters a verb is about.

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use pizza_cli::admin::Admin;

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Chosen {
    /// Numbers of letters
    ids: Vec<u64>,
    /// All that there are now
    #[arg(long)]
    all: bool,
}

impl Chosen {
    /// The numbers at this moment: letters that are added meanwhile are not meant.
    pub(super) async fn ids(self, admin: &mut Admin) -> anyhow::Result<Vec<u64>> {
        let mut ids = self.ids;
        let mut next = self.all.then_some(0);
        // Page by page: the admin API gives no more than 100 at once.
        while let Some(after) = next {
            let path = format!("/dead-letters?after={after}&limit=100");
            let page = admin.get(&path).await?;
            let letters = page["deadLetters"].as_array().into_iter().flatten();
            ids.extend(letters.filter_map(|letter| letter["id"].as_u64()));
            next = page["next"].as_u64();
        }
        Ok(ids)
    }
}

/// A progress bar on the error stream, if that is a terminal.
pub(super) fn progress(what: &'static str, count: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} {eta}")?;
    let bar = ProgressBar::new(count as u64).with_style(style);
    Ok(bar.with_message(what))
}
