//! `/api/overview`: all restaurants in figures, for the page that somebody sees first.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use pizza_client::Everywhere;
use pizza_http::extract::Query;
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{granted, json as answer, plain};
use crate::app::App;
use crate::caller::Caller;
use crate::endpoint::{Endpoint, Parameter, get};
use crate::identity::Authority;
use crate::identity::Role::Manager;
use crate::ownership::Ownership;
use crate::problem::{self, Problem};
use crate::routes::lists::{AFTER, LIMIT};
use crate::schema::{KEY, Object, Schemas, about};
use crate::time::At;

const PAGES: &[Parameter] = &[AFTER, LIMIT];
/// How many restaurants a page has where the client does not say, and the most.
const PAGE: u32 = 20;
const PAGE_MAX: u32 = 50;
/// How many restaurants are asked at once.
const ASKED_AT_ONCE: usize = 8;
/// How many orders of one state are looked through for those that are late, and how many of them a
/// restaurant tells at once. With more of them nothing is said of it.
const LOOKED_THROUGH_MAX: u32 = 2_000;
const LINES: u32 = 200;

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

#[derive(Deserialize)]
struct Restaurant<'a> {
    #[serde(borrow)]
    profile: Profile<'a>,
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    #[serde(borrow)]
    location: &'a RawValue,
    open: bool,
}

#[derive(Deserialize)]
struct Figures<'a> {
    #[serde(borrow)]
    active: Vec<StateCount<'a>>,
    #[serde(borrow)]
    drivers: Vec<StateCount<'a>>,
}

#[derive(Deserialize)]
struct StateCount<'a> {
    status: &'a str,
    count: u32,
}

#[derive(Serialize)]
struct Listed<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    limit: u32,
}

#[derive(Deserialize)]
struct Line {
    late: bool,
    cursor: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Overview {
    server_time: At,
    restaurants: Vec<InFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// The cells that are away, whose restaurants are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_cells: Vec<Arc<str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InFigures {
    id: String,
    name: Box<RawValue>,
    location: Box<RawValue>,
    is_open: bool,
    under_way: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<u32>,
    drivers: Drivers,
}

/// How many drivers do what.
#[derive(Serialize)]
struct Drivers {
    free: u32,
    busy: u32,
    offline: u32,
}

impl Drivers {
    fn of(counts: &[StateCount<'_>]) -> Self {
        let of = |status: &str| {
            let counts = counts.iter().filter(|count| count.status == status);
            counts.map(|count| count.count).sum()
        };
        Self {
            free: of("available"),
            busy: of("busy"),
            offline: of("offline"),
        }
    }
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
    let questions: Vec<_> = ids.iter().map(|id| in_figures(&caller, id)).collect();
    let restaurants: Vec<Option<InFigures>> = stream::iter(questions)
        // In their order, which is that of the ids.
        .buffered(ASKED_AT_ONCE)
        .try_collect()
        .await?;
    // By the ids and not by the answers, of which some may be left out.
    let next = ids.last().filter(|_| is_all && ids.len() >= limit);
    let overview = Overview {
        server_time: At::of(transport.now_ms()),
        restaurants: restaurants.into_iter().flatten().collect(),
        next: next.map(|id| id.to_string()),
        missing_cells: missing,
    };
    answer(StatusCode::OK, &overview)
}

/// A restaurant in figures; `None` of one that was asked for once, but never set up.
async fn in_figures(caller: &Caller, id: &str) -> Result<Option<InFigures>, Problem> {
    let restaurant = ActorId::new("restaurant", id)?;
    let reply = caller.ask(restaurant.clone(), "get").await?;
    let Restaurant { profile } = match granted(&reply) {
        Ok(restaurant) => restaurant,
        Err(problem) if problem.kind() == problem::NOT_FOUND => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let figures: Reply = caller
        .for_another()
        .ask(restaurant.clone(), "metrics")
        .await?;
    let figures: Figures<'_> = plain(&figures)?;
    Ok(Some(InFigures {
        id: id.to_owned(),
        name: profile.name.to_owned(),
        location: profile.location.to_owned(),
        is_open: profile.open,
        under_way: figures.active.iter().map(|state| state.count).sum(),
        late: late(caller, &restaurant, &figures.active).await?,
        drivers: Drivers::of(&figures.drivers),
    }))
}

/// How many orders are late; `None` where there are too many to look through.
async fn late(
    caller: &Caller,
    restaurant: &ActorId,
    active: &[StateCount<'_>],
) -> Result<Option<u32>, Problem> {
    let mut late = 0;
    for StateCount { status, count } in active {
        if *count > LOOKED_THROUGH_MAX {
            return Ok(None);
        }
        let mut after = None;
        let mut pages = count.div_ceil(LINES);
        while pages > 0 {
            let listed = Listed {
                status,
                after,
                limit: LINES,
            };
            let another = caller.for_another();
            let reply = another
                .ask_with(restaurant.clone(), "orders", &listed)
                .await?;
            let lines: Vec<Line> = plain(&reply)?;
            late += lines.iter().map(|line| u32::from(line.late)).sum::<u32>();
            after = lines.into_iter().next_back().map(|line| line.cursor);
            pages = if after.is_some() { pages - 1 } else { 0 };
        }
    }
    Ok(Some(late))
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
        .with("next", next, false)
        .with(
            "missingCells",
            about("The cells that are away.", missing),
            false,
        )
        .done()
}
