//! Which letters a verb is about.

use clap::Args;
use pizza_cli::admin::Admin;
use serde_json::Value;

#[derive(Args)]
pub(super) struct Letters {
    /// Whose they are
    pub(super) webhook: String,
    #[command(flatten)]
    chosen: Chosen,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Chosen {
    /// Ids of letters
    ids: Vec<String>,
    /// All that there are now
    #[arg(long)]
    all: bool,
}

impl Letters {
    /// The ids at this moment: letters that are added meanwhile are not meant.
    pub(super) async fn ids(&self, admin: &mut Admin) -> anyhow::Result<Vec<String>> {
        if !self.chosen.all {
            return Ok(self.chosen.ids.clone());
        }
        let letters = all(admin, &self.webhook).await?;
        let ids = letters.iter().filter_map(|letter| letter["id"].as_str());
        Ok(ids.map(str::to_owned).collect())
    }

    pub(super) fn path(&self, id: &str) -> String {
        format!("{}/{id}", folder(&self.webhook))
    }
}

pub(super) fn folder(webhook: &str) -> String {
    format!("/webhooks/{webhook}/dead-letters")
}

/// All letters of a webhook, page by page.
pub(super) async fn all(admin: &mut Admin, webhook: &str) -> anyhow::Result<Vec<Value>> {
    let (mut letters, mut query) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("{}{query}", folder(webhook))).await?;
        letters.extend(
            page["deadLetters"]
                .as_array()
                .into_iter()
                .flatten()
                .cloned(),
        );
        match page["next"].as_str() {
            Some(next) => query = format!("?after={next}"),
            None => return Ok(letters),
        }
    }
}
