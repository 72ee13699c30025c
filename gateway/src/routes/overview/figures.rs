//! One restaurant in figures.

use std::time::Duration;

use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::moving::{self, Moving};
use crate::answer::{granted, plain};
use crate::caller::Caller;
use crate::problem::{self, Problem};

/// How long a restaurant may take: those who look at all of them do not wait for one that hangs.
const WITHIN: Duration = Duration::from_secs(5);
/// How many orders of one state are looked through for those that are late, and how many of them a
/// restaurant tells at once. With more of them nothing is said of it.
const LOOKED_THROUGH_MAX: u32 = 2_000;
const LINES: u32 = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InFigures {
    id: String,
    name: Box<RawValue>,
    location: Box<RawValue>,
    is_open: bool,
    under_way: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<u32>,
    drivers: Drivers,
    /// Who is on duty, and about where; told in a demo alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    moving: Option<Vec<Moving>>,
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
    // An older module of restaurants does not tell it: then it is counted.
    late: Option<u32>,
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

/// A restaurant in figures; `None` of one that was asked for once, but never set up.
///
/// # Errors
/// Why it does not answer, or not in time.
pub(super) async fn of(caller: &Caller, id: &str) -> Result<Option<InFigures>, Problem> {
    let asked = tokio::time::timeout(WITHIN, ask(caller, id)).await;
    asked.unwrap_or_else(|_| {
        let detail = format!("the restaurant has not answered for {} s", WITHIN.as_secs());
        Err(Problem::new(problem::DEADLINE, detail))
    })
}

async fn ask(caller: &Caller, id: &str) -> Result<Option<InFigures>, Problem> {
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
        late: match figures.late {
            None => late(caller, &restaurant, &figures.active).await?,
            counted => counted,
        },
        drivers: Drivers::of(&figures.drivers),
        moving: moving::of(caller, &restaurant).await?,
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
