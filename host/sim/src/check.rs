//! What must hold, whatever went wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pizza_store::{
    DueAfter, InspectionStore as _, LogStore as _, MemoryStore, ReminderStore as _,
    StreamStore as _,
};

use crate::account::{ACCOUNTS, Account, STREAM, TYPE, account};
use crate::clients::{Asked, History};
use crate::plan::HEALED_MS;
use crate::sums;
use pizza_types::{ShardId, ShardSet};

/// The accounts as the store has them in the end.
async fn accounts(store: &MemoryStore) -> BTreeMap<String, Account> {
    let mut accounts = BTreeMap::new();
    for number in 0..ACCOUNTS {
        let key = format!("k{number}");
        let copy = store.copy(&account(&key)).await.ok().flatten();
        let state = copy.and_then(|stored| stored.record.state);
        accounts.insert(key, Account::of(state.as_ref()));
    }
    accounts
}

/// What is still on its way, or is to happen later.
pub async fn on_its_way(store: &MemoryStore) -> Vec<String> {
    let mut waiting = Vec::new();
    for shard in store.log_shards(&ShardSet::ALL).await.unwrap_or_default() {
        let entries = store.log(shard, 0, 10).await.unwrap_or_default();
        let told = entries
            .iter()
            .map(|e| format!("{:?} of {}", e.key, e.actor));
        waiting.extend(told);
    }
    for row in store
        .delayed(&ShardSet::ALL, None, 10)
        .await
        .unwrap_or_default()
    {
        waiting.push(format!("{:?}, not before {}", row.key, row.not_before_ms));
    }
    let due = store
        .reminders_due(&ShardSet::ALL, &DueAfter::default(), u64::MAX, 10)
        .await;
    for row in due.unwrap_or_default() {
        waiting.push(format!("reminder {} of {}", row.name, row.actor));
    }
    for (key, head) in store
        .stream_heads(&ShardSet::ALL, STREAM)
        .await
        .unwrap_or_default()
    {
        let cursor = store.cursor(TYPE, STREAM, &key).await.unwrap_or_default();
        if cursor != head {
            waiting.push(format!("events {cursor} to {head} of {key}"));
        }
    }
    waiting
}

/// All that is wrong in the end. Where a shard lost something that silos were told of, it is what follows from
/// that: nobody is answered as if it had never been, and the other shards go on.
pub async fn all(
    store: &Arc<MemoryStore>,
    history: &History,
    lost: Option<ShardId>,
) -> Vec<String> {
    if let Some(shard) = lost {
        return beside(shard, store, history).await;
    }
    let mut wrong = history.all_wrong();
    for waiting in on_its_way(store).await {
        wrong.push(format!("never arrived: {waiting}"));
    }
    let accounts = accounts(store).await;
    let asked = history.asked();
    once(&accounts, &mut wrong);
    nothing_lost(&accounts, &asked, &mut wrong);
    conserved(&accounts, &asked, &mut wrong);
    reads(&asked, &mut wrong);
    streams(store, &accounts, &mut wrong).await;
    wrong
}

/// What must hold beside a shard that went back in time. What it has lost had left before, so messages and events
/// of the others are without their reason, and theirs to it wait.
async fn beside(shard: ShardId, store: &Arc<MemoryStore>, history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut asked = history.asked();
    // First of all accounts: what was answered is not denied by a store that has forgotten it.
    reads(&asked, &mut wrong);
    let is_in = |key: &String| account(key).shard() == shard;
    asked.retain(|a| !is_in(&a.key) && a.method != sums::TYPE);
    let mut accounts = accounts(store).await;
    accounts.retain(|key, _| !is_in(key));
    once(&accounts, &mut wrong);
    for Asked {
        id, method, key, ..
    } in asked.iter().filter(|a| is_change(a))
    {
        if !has_done(&accounts, key, &format!("{method} {id}")) {
            wrong.push(format!("lost beside {shard:?}: {method} {id} of {key}"));
        }
    }
    let goes_on = |a: &Asked| a.begun_ms >= HEALED_MS && is_change(a);
    if !asked.iter().any(goes_on) {
        wrong.push(format!("nothing is done beside {shard:?} after healing"));
    }
    wrong
}

/// Whether something was to be done, and was answered.
fn is_change(asked: &Asked) -> bool {
    asked.method != "read" && asked.method != sums::TYPE && asked.answered_ms.is_some()
}

fn has_done(accounts: &BTreeMap<String, Account>, key: &str, what: &str) -> bool {
    let account = accounts.get(key);
    account.is_some_and(|account| account.done.iter().any(|done| done == what))
}

/// Each thing was done once at most.
fn once(accounts: &BTreeMap<String, Account>, wrong: &mut Vec<String>) {
    for (key, account) in accounts {
        let mut seen = BTreeSet::new();
        for done in &account.done {
            if !seen.insert(done) {
                wrong.push(format!("{key}: done twice: {done}"));
            }
        }
    }
}

/// What was answered was done, and what follows from what was done has followed.
fn nothing_lost(accounts: &BTreeMap<String, Account>, asked: &[Asked], wrong: &mut Vec<String>) {
    let has = |key: &str, what: &str| has_done(accounts, key, what);
    for Asked {
        id,
        method,
        key,
        to,
        answered_ms,
        ..
    } in asked
    {
        if *method == "read" || *method == sums::TYPE {
            continue;
        }
        let is_done = has(key, &format!("{method} {id}"));
        if answered_ms.is_some() && !is_done {
            wrong.push(format!("lost: {method} {id} of {key}"));
        }
        let follows = match *method {
            "move" => Some((to, format!("add credit {id}"))),
            "both" => Some((to, format!("add asked {id}"))),
            "later" => Some((key, format!("reminder {id}"))),
            _ => None,
        };
        let Some((whose, what)) = follows else {
            continue;
        };
        let has_followed = has(whose, &what);
        if is_done && !has_followed {
            wrong.push(format!(
                "{method} {id} of {key} was done, but not {what} of {whose}"
            ));
        }
        // A callee may have done its part for a caller that failed.
        if !is_done && has_followed && *method != "both" {
            wrong.push(format!(
                "{what} of {whose} was done, but not {method} {id} of {key}"
            ));
        }
    }
}

/// What is moved is neither made nor lost.
fn conserved(accounts: &BTreeMap<String, Account>, asked: &[Asked], wrong: &mut Vec<String>) {
    let is_done = |a: &&Asked| {
        let account = accounts.get(&a.key);
        let what = format!("add {}", a.id);
        a.method == "add" && account.is_some_and(|account| account.done.contains(&what))
    };
    let put_in: i64 = asked.iter().filter(is_done).map(|a| a.amount).sum();
    let there: i64 = accounts.values().map(|account| account.total).sum();
    if put_in != there {
        wrong.push(format!("{put_in} were put in, {there} are there"));
    }
}

/// A read sees all that was answered before it began.
fn reads(asked: &[Asked], wrong: &mut Vec<String>) {
    for read in asked.iter().filter(|a| a.method == "read") {
        if read.answered_ms.is_none() {
            continue;
        }
        let seen: BTreeSet<&str> = read.read.iter().map(String::as_str).collect();
        let before = |a: &&Asked| {
            a.method != "read"
                && a.method != sums::TYPE
                && a.key == read.key
                && a.answered_ms
                    .is_some_and(|answered| answered < read.begun_ms)
        };
        for done in asked.iter().filter(before) {
            let what = format!("{} {}", done.method, done.id);
            if !seen.contains(what.as_str()) {
                let (id, begun) = (&read.id, read.begun_ms);
                wrong.push(format!(
                    "stale: {id} at {begun} of {} did not see {what}",
                    read.key
                ));
            }
        }
    }
}

/// Positions have no gap, each event is there once if its publisher published it, and its subscriber
/// has heard all of them, in order.
async fn streams(
    store: &MemoryStore,
    accounts: &BTreeMap<String, Account>,
    wrong: &mut Vec<String>,
) {
    let mut told: BTreeSet<String> = BTreeSet::new();
    for (key, account) in accounts {
        let events = store.events(STREAM, key, 0, usize::MAX).await;
        let events = events.unwrap_or_default();
        let mut heard = Vec::new();
        for (event, position) in events.iter().zip(1..) {
            let id: String = serde_json::from_slice(&event.payload).unwrap_or_default();
            if event.position != position {
                wrong.push(format!(
                    "{STREAM} {key}: {} where {position} should be",
                    event.position
                ));
            }
            heard.push(format!("event {position} {id}"));
            if !told.insert(id.clone()) {
                wrong.push(format!("{STREAM} {key}: {id} is there twice"));
            }
        }
        let own = account
            .done
            .iter()
            .filter(|done| done.starts_with("event "));
        if !own.eq(heard.iter()) {
            wrong.push(format!(
                "{key} did not hear all of its stream once and in order"
            ));
        }
    }
    let published = accounts.values().flat_map(|account| &account.done);
    let published = published.filter_map(|done| done.strip_prefix("tell "));
    let published: BTreeSet<String> = published.map(ToOwned::to_owned).collect();
    for lost in published.difference(&told) {
        wrong.push(format!("{STREAM}: {lost} was published and is not there"));
    }
    for ghost in told.difference(&published) {
        wrong.push(format!(
            "{STREAM}: {ghost} is there and was never published"
        ));
    }
}
