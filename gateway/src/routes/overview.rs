//! `/api/overview`: all restaurants in figures, for the page that somebody sees first.

mod figures;
mod moving;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use pizza_client::Everywhere;
use pizza_http::extract::Query;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::figures::InFigures;
use crate::answer::json as answer;
use crate::app::App;
use crate::caller::Caller;
use crate::endpoint::{Endpoint, Parameter, get};
use crate::identity::Authority;
use crate::identity::Role::Manager;
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::routes::lists::{AFTER, Failing, LIMIT, failing};
use crate::schema::{KEY, Object, Schemas, about};
use crate::time::At;

const PAGES: &[Parameter] = &[AFTER, LIMIT];
/// How many restaurants a page has where the client does not say, and the most.
const PAGE: u32 = 20;
const PAGE_MAX: u32 = 50;
/// How many restaurants are asked at once.
const ASKED_AT_ONCE: usize = 8;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let overview = get("/api/overview", read)
        .summary("All restaurants in figures, page by page; a manager sees their own")
        // Public in a demo: it is what somebody sees first.
        .open_if(|app| app.provided().lends_roles && app.config().anonymous_on_loopback)
        .by(&[Manager], Ownership::Anything)
        .query(PAGES)
        .gives(schema);
    vec![overview]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Overview<'a> {
    server_time: At,
    restaurants: Vec<InFigures>,
    /// Those that do not answer, beside the ones that do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failing: Vec<Failing<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// The cells that are away, whose restaurants are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_cells: Vec<Arc<str>>,
}

async fn read(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX) as usize;
    let transport = app.client().transport();
    let own = match caller.identity.authority() {
        Authority::Own(holder) if holder.role == Manager => Some(holder.subject.as_str().into()),
        _ => None,
    };
    let is_all = own.is_none();
    let Everywhere { keys: ids, missing } = match own {
        Some(own) => Everywhere {
            keys: vec![own],
            missing: Vec::new(),
        },
        None => {
            let listed = transport.actors_everywhere("restaurant", page.after.as_deref(), limit);
            let listed = listed.await;
            listed.map_err(|error| crate::refused::call(error, caller.id))?
        }
    };
    let questions: Vec<_> = ids.iter().map(|id| figures::of(&caller, id)).collect();
    // In their order, which is that of the ids.
    let mut answers = stream::iter(&ids).zip(stream::iter(questions).buffered(ASKED_AT_ONCE));
    let (mut restaurants, mut silent, mut first) = (Vec::new(), Vec::new(), None);
    while let Some((id, asked)) = answers.next().await {
        match asked {
            Ok(restaurant) => restaurants.extend(restaurant),
            Err(problem) => {
                let code = problem.kind().code;
                tracing::warn!(%id, code, detail = problem.detail(), "a restaurant tells no figures");
                silent.push(Failing { id, code });
                first.get_or_insert(problem);
            }
        }
    }
    // Where nobody answers, it is no trouble of one of them.
    if let Some(problem) = first.filter(|_| restaurants.is_empty()) {
        return Err(problem);
    }
    // By the ids and not by the answers, of which some may be left out.
    let next = ids.last().filter(|_| is_all && ids.len() >= limit);
    let overview = Overview {
        server_time: At::of(transport.now_ms()),
        restaurants,
        failing: silent,
        next: next.map(|id| id.to_string()),
        missing_cells: missing,
    };
    answer(StatusCode::OK, &overview)
}

fn schema(schemas: &mut Schemas) -> Value {
    let profile = schemas.answer_of("restaurant", "profile");
    let count = |what: &str| about(what, json!({"type": "integer", "minimum": 0}));
    let id = about("Its id.", json!({"type": "string", "pattern": KEY}));
    let open = about("Whether it takes orders now.", json!({"type": "boolean"}));
    let drivers = Object::default()
        .with("free", count("They wait for an order."), true)
        .with("busy", count("They have one."), true)
        .with("offline", count("They do not work now."), true)
        .done();
    let drivers = about("How many drivers do what.", drivers);
    let late = count("Orders that have not moved for too long; absent of thousands under way.");
    let restaurant = profile
        .only(&["name", "location"])
        .with("id", id, true)
        .with("isOpen", open, true)
        .with("underWay", count("Orders that have not ended."), true)
        .with("late", late, false)
        .with("drivers", drivers, true)
        .with("moving", moving::schema(schemas), false)
        .done();
    let restaurant = schemas.name("RestaurantInFigures", restaurant);
    let restaurants = json!({"type": "array", "items": restaurant});
    let time = json!({"type": "string", "format": "date-time"});
    let missing = json!({"type": "array", "items": {"type": "string"}});
    let next = about("What to ask for as `after`.", json!({"type": "string"}));
    Object::default()
        .with("serverTime", about("The date of the silos.", time), true)
        .with(
            "restaurants",
            about("One page of them, by id.", restaurants),
            true,
        )
        .with("failing", failing(schemas), false)
        .with("next", next, false)
        .with(
            "missingCells",
            about("The cells that are away.", missing),
            false,
        )
        .done()
}
