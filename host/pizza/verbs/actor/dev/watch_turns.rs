//! What the actors of a type do, as it happens.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use pizza_cli::admin::Admin;
use pizza_cli::table::cell;
use serde_json::Value;

/// How long after the end of what was told it is asked for again.
const AGAIN: Duration = Duration::from_millis(500);

pub(super) struct Turns {
    pub(super) address: SocketAddr,
    pub(super) token: String,
    pub(super) actor_type: String,
}

impl Turns {
    /// Shows each turn and each line of the log, for ever. Until there is such a type, and while there
    /// is no silo, there is nothing to show, and whoever builds hears why.
    pub(super) async fn watch(self) {
        loop {
            // Why it ended says nothing that the next attempt does not say.
            let _ = self.once().await;
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn once(&self) -> anyhow::Result<()> {
        let mut admin = Admin::open(self.address, &self.token).await?;
        let path = format!("/actor-turns/{}", self.actor_type);
        let mut show = |line: Value| {
            if let Some(words) = shown(&line) {
                // Nobody may be reading.
                let _ = writeln!(std::io::stdout().lock(), "{words}");
            }
        };
        admin.follow(&path, &mut show).await
    }
}

fn shown(line: &Value) -> Option<String> {
    if let Some(count) = line["leftOut"].as_u64() {
        return Some(format!(
            "  … {count} turns and lines came too fast to be shown"
        ));
    }
    let actor = line["actor"].as_str()?;
    // Of the moment only the time of the day: whoever reads knows the date.
    let at = cell(&line["at"]);
    let at = at
        .split_once('T')
        .map_or("", |(_, time)| time.trim_end_matches('Z'));
    if let Some(text) = line["line"].as_str() {
        let failed = if line["failed"] == true {
            " (its turn failed)"
        } else {
            ""
        };
        let level = cell(&line["level"]);
        return Some(format!("  {at} {actor} {level}: {text}{failed}"));
    }
    let (what, how) = (cell(&line["what"]), cell(&line["how"]));
    let took_us = line["tookUs"].as_u64().unwrap_or(0);
    let mut words = format!("  {at} {actor} {what}: {how} in {took_us} µs");
    if let Some(caller) = line["caller"].as_str() {
        words += &format!(", for {caller}");
    }
    if let Some(why) = line["why"].as_str() {
        words += &format!(": {why}");
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn turns_and_lines_are_shown_and_signs_of_life_are_not() {
        let at = "2026-05-04T12:00:01.250Z";
        let turn =
            json!({"at": at, "actor": "tally/a", "what": "add", "how": "handled", "tookUs": 41});
        let wanted = "  12:00:01.250 tally/a add: handled in 41 µs";
        assert_eq!(shown(&turn).as_deref(), Some(wanted));
        let line =
            json!({"at": at, "actor": "tally/a", "level": "warn", "line": "low", "failed": true});
        let wanted = "  12:00:01.250 tally/a warn: low (its turn failed)";
        assert_eq!(shown(&line).as_deref(), Some(wanted));
        assert_eq!(shown(&json!({"alive": true})), None);
        assert!(shown(&json!({"leftOut": 7})).is_some_and(|words| words.contains('7')));
    }
}
