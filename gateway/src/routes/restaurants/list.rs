//! `/api/restaurants`: all of them, by id, page by page; or those that are the asker's to manage, with
//! how they do.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use pizza_client::Everywhere;
use pizza_http::extract::Query;
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::{granted, json as answer, plain};
use crate::app::App;
use crate::caller::Caller;
use crate::endpoint::Parameter;
use crate::identity::{Authority, Holder, Role};
use crate::problem::{self, Problem};
use crate::routes::lists::{AFTER, Failing, LIMIT, failing};
use crate::schema::{Object, Schemas, about};
use crate::view::restaurant::Restaurant;

pub(super) const PAGES: &[Parameter] = &[
    Parameter {
        name: "mine",
        about: "Only those that whoever asks may manage, with how many orders are under way and late; without a value, too.",
        // As people write it, `?mine` alone means yes.
        schema: |_| json!({"anyOf": [{"type": "boolean"}, {"type": "string", "const": ""}], "default": false}),
    },
    AFTER,
    LIMIT,
];

/// How many restaurants a page has where the client does not say; [`PAGE_MAX`] is the most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;
/// How many restaurants are asked at once.
const ASKED_AT_ONCE: usize = 16;
/// How long one may take: the list has a hole rather than nothing.
const PATIENCE: Duration = Duration::from_secs(4);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    #[serde(default)]
    mine: Flag,
    after: Option<String>,
    limit: Option<u32>,
}

/// A parameter that says yes by being there.
#[derive(Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Flag {
    #[serde(alias = "")]
    True,
    #[default]
    False,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    restaurants: Vec<Listed<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failing: Vec<Failing<'a>>,
    /// What to ask for as `after` to see more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
    /// The cells that are away, whose restaurants are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_cells: Vec<Arc<str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(flatten)]
    restaurant: Restaurant<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    under_way: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<u32>,
}

/// How a restaurant does, of all that it tells of itself.
#[derive(Deserialize)]
struct Figures {
    active: Vec<StateCount>,
    late: Option<u32>,
}

#[derive(Deserialize)]
struct StateCount {
    count: u32,
}

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let count = |what: &str| about(what, json!({"type": "integer", "minimum": 0}));
    let one = schemas.answer_of("restaurant", "restaurant-state");
    let text = "Orders that have not ended; where `mine` was asked for, and it tells how it does.";
    let one = one.with("underWay", count(text), false);
    let text = "Orders that have not moved for too long; present as `underWay` is.";
    let one = one.with("late", count(text), false).done();
    let one = schemas.name("ListedRestaurant", one);
    let all = about(
        "One page of them, by id.",
        json!({"type": "array", "items": one}),
    );
    let next = json!({"type": "string", "description": "What to ask for as `after`"});
    let list = Object::default().with("restaurants", all, true);
    let list = list.with("failing", failing(schemas), false);
    let missing = json!({
        "type": "array",
        "items": {"type": "string"},
        "description": "The cells that are away, whose restaurants are missing",
    });
    let list = list.with("next", next, false);
    list.with("missingCells", missing, false).done()
}

/// Lists restaurants: the store knows which there are, and each of them what it is.
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let mine = page.mine == Flag::True;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX) as usize;
    let own = match caller.identity.authority() {
        Authority::Own(holder) if mine => Some(holder),
        _ => None,
    };
    let Everywhere { keys: ids, missing } = match own {
        Some(holder) => Everywhere {
            keys: own_restaurant(holder),
            missing: Vec::new(),
        },
        None => {
            let transport = app.client().transport();
            let listed = transport.actors_everywhere("restaurant", page.after.as_deref(), limit);
            let listed = listed.await;
            listed.map_err(|error| crate::refused::call(error, caller.id))?
        }
    };
    let questions: Vec<_> = ids.iter().map(|id| ask(&caller, id, mine)).collect();
    // In their order, which is that of the ids.
    let answers = stream::iter(questions).buffered(ASKED_AT_ONCE);
    let answers: Vec<_> = answers.collect().await;
    let (mut restaurants, mut silent, mut first) = (Vec::new(), Vec::new(), None);
    for (id, asked) in ids.iter().zip(&answers) {
        match asked.as_ref().map_err(Clone::clone).and_then(listed) {
            Ok(restaurant) => restaurants.extend(restaurant),
            Err(problem) => {
                let code = problem.kind().code;
                tracing::warn!(%id, code, detail = problem.detail(), "a restaurant tells nothing");
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
    let is_all = own.is_none();
    let next = ids
        .last()
        .filter(|_| is_all && ids.len() >= limit)
        .map(|id| &**id);
    let list = List {
        restaurants,
        failing: silent,
        next,
        missing_cells: missing,
    };
    answer(axum::http::StatusCode::OK, &list)
}

/// Those of somebody who works for one.
fn own_restaurant(holder: &Holder) -> Vec<Arc<str>> {
    match holder.role {
        Role::Manager | Role::Kitchen => vec![holder.subject.as_str().into()],
        // Customers and drivers manage none.
        _ => Vec::new(),
    }
}

/// What a restaurant says, and how it does where that was asked for and is known.
type Told = (Reply, Option<Reply>);

async fn ask(caller: &Caller, id: &str, with_figures: bool) -> Result<Told, Problem> {
    let restaurant = ActorId::new("restaurant", id)?;
    let (of_it, of_figures) = (caller.for_another(), caller.for_another());
    let asked = of_it.ask_within(restaurant.clone(), "get", PATIENCE);
    if !with_figures {
        return Ok((asked.await?, None));
    }
    let figures = of_figures.ask_within(restaurant, "metrics", PATIENCE);
    let (reply, figures) = tokio::join!(asked, figures);
    Ok((reply?, figures.ok()))
}

/// `None` where somebody asked for it once, but it was never set up.
fn listed((reply, figures): &Told) -> Result<Option<Listed<'_>>, Problem> {
    let restaurant = match granted(reply) {
        Ok(restaurant) => restaurant,
        Err(problem) if problem.kind() == problem::NOT_FOUND => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let figures = figures
        .as_ref()
        .and_then(|told| plain::<Figures>(told).ok());
    Ok(Some(Listed {
        restaurant,
        under_way: figures
            .as_ref()
            .map(|figures| figures.active.iter().map(|state| state.count).sum()),
        late: figures.and_then(|figures| figures.late),
    }))
}
