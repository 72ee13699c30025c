//! `/api/inventory/{id}/rules`: when ingredients are ordered by themselves.

use axum::response::Response;
use futures_util::future::join_all;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::stock::Stock;
use crate::answer::{granted, respond};
use crate::body::{JsonBody, Text};
use crate::caller::Caller;
use crate::problem::{self, Problem};

/// How many suppliers are told at most to whoever names one that is not there.
const TOLD_MAX: usize = 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule<'a> {
    #[serde(borrow)]
    ingredient: Text<'a>,
    order_below: u32,
    up_to: u32,
    #[serde(borrow)]
    supplier_id: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ask_first: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules<'a> {
    #[serde(borrow)]
    rules: Vec<Rule<'a>>,
}

pub(super) async fn set(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let rules: Rules<'_> = body.parse()?;
    let inventory = ActorId::new("inventory", id.as_str())?;
    let reply = caller.ask_with(inventory, "set-rules", &rules).await?;
    match Stock::granted(&id, &reply) {
        Ok(stock) => respond(&reply, &stock),
        Err(problem) => Err(with_suppliers(&caller, &rules, problem).await),
    }
}

/// The problem, with the suppliers that there are where it is that others were named: an inventory knows
/// whom it asks, and not whom it could ask.
async fn with_suppliers(caller: &Caller, rules: &Rules<'_>, problem: Problem) -> Problem {
    let rules = rules.rules.iter().enumerate();
    let named = rules.map(|(at, rule)| (format!("/rules/{at}/supplierId"), &rule.supplier_id.0));
    let is_refused = |pointer: &str| problem.has_error_at(pointer);
    let strangers: Vec<_> = named.filter(|(pointer, _)| is_refused(pointer)).collect();
    // What is no key can be nobody; the refusal says so already.
    let could_be = |id: &str| ActorId::new("supplier", id).is_ok();
    if strangers.is_empty() || !strangers.iter().all(|(_, id)| could_be(id)) {
        return problem;
    }
    let there = suppliers(caller).await;
    if there.is_empty() {
        return problem;
    }
    let there = there.join(", ");
    let message = |id: &str| format!("there is no supplier {id:?}; there are {there}");
    let detail: Vec<String> = strangers.iter().map(|(_, id)| message(id)).collect();
    let told = Problem::new(problem::INVALID, detail.join("; "));
    let strangers = strangers.iter();
    strangers.fold(told, |told, (pointer, id)| told.error(pointer, message(id)))
}

/// Those that were set up: whoever was only asked for is an actor too.
async fn suppliers(caller: &Caller) -> Vec<String> {
    let transport = caller.app.client().transport();
    let listed = transport.actors_everywhere("supplier", None, TOLD_MAX);
    let Ok(listed) = listed.await else {
        return Vec::new();
    };
    let asked = listed.keys.iter().map(async |id| {
        let supplier = ActorId::new("supplier", &**id).ok()?;
        let reply = caller.for_another().ask(supplier, "get").await.ok()?;
        granted::<Value>(&reply).ok().map(|_| id.to_string())
    });
    join_all(asked).await.into_iter().flatten().collect()
}
