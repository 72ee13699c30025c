//! What happened to each ingredient, day by day. A day is the difference of two readings of
//! the ledger, so that keeping books costs nothing while pizzas are sold.

use serde::{Deserialize, Serialize};
use silo_sdk::context;
use silo_sdk::entries::Table;

use crate::bindings::types::{DayMovement, IngredientReport, Refusal};
use crate::ledger::Line;
use crate::reports;
use crate::state::Inventory;

/// The books, by ingredient.
const BOOKS: Table<Book> = Table::new("b");
/// How many days a book goes back.
const DAYS_MAX: u32 = 90;
/// The most ingredients that are told at once.
const PAGE_MAX: u32 = 100;

/// What happened to an ingredient in all, up to some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Totals {
    #[serde(rename = "s")]
    supplied: u64,
    #[serde(rename = "u")]
    used: u64,
    #[serde(rename = "w")]
    wasted: u64,
    #[serde(rename = "o")]
    ordered: u64,
}

#[derive(Default, Serialize, Deserialize)]
struct Book {
    /// The totals at the end of the last day that was closed.
    #[serde(rename = "t")]
    closed: Totals,
    /// The days on which something happened, oldest first.
    #[serde(rename = "d")]
    days: Vec<(u32, Totals)>,
}

impl Totals {
    fn of(line: &Line) -> Self {
        Self {
            supplied: line.supplied,
            used: line.consumed + line.wasted,
            wasted: line.wasted,
            ordered: line.ordered,
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            supplied: self.supplied.saturating_sub(before.supplied),
            used: self.used.saturating_sub(before.used),
            wasted: self.wasted.saturating_sub(before.wasted),
            ordered: self.ordered.saturating_sub(before.ordered),
        }
    }

    fn and(self, more: Self) -> Self {
        Self {
            supplied: self.supplied + more.supplied,
            used: self.used + more.used,
            wasted: self.wasted + more.wasted,
            ordered: self.ordered + more.ordered,
        }
    }
}

/// What happened to each ingredient on the last days, by name, behind `after`.
pub(crate) fn movements(
    inventory: &Inventory,
    days: u32,
    after: Option<&str>,
    limit: u32,
) -> Vec<IngredientReport> {
    let span = Span::of(inventory, days);
    let older = LastReport::default();
    let lines = inventory.ledger.lines.iter();
    let behind = lines.filter(|(name, _)| after.is_none_or(|after| name.as_str() > after));
    let limit = limit.clamp(1, PAGE_MAX) as usize;
    let report = |(ingredient, line): (&String, &Line)| report(ingredient, line, span, &older);
    behind.take(limit).map(report).collect()
}

/// What happened to one ingredient on the last days.
///
/// # Errors
/// When there is no such ingredient.
pub(crate) fn movements_of(
    inventory: &Inventory,
    ingredient: &str,
    days: u32,
) -> Result<IngredientReport, Refusal> {
    let Some(line) = inventory.ledger.lines.get(ingredient) else {
        return Err(Refusal::NotFound(format!(
            "there is no {ingredient:?} here"
        )));
    };
    let span = Span::of(inventory, days);
    Ok(report(ingredient, line, span, &LastReport::default()))
}

/// The days that are asked for, by their numbers.
#[derive(Clone, Copy)]
struct Span {
    first: u32,
    today: u32,
}

impl Span {
    fn of(inventory: &Inventory, days: u32) -> Self {
        let today = inventory.today();
        let first = today.saturating_sub(days.clamp(1, DAYS_MAX) - 1);
        Self { first, today }
    }
}

fn report(ingredient: &str, line: &Line, span: Span, older: &LastReport) -> IngredientReport {
    let book = open(ingredient, older);
    let mut days = book.days;
    let open = Totals::of(line).since(book.closed);
    match days.last_mut() {
        // After a change of the time zone it may be a day again that was closed before.
        Some((last, totals)) if *last >= span.today => *totals = totals.and(open),
        _ if open == Totals::default() => {}
        _ => days.push((span.today, open)),
    }
    days.retain(|(day, _)| *day >= span.first);
    let totals = days.iter().map(|(_, totals)| *totals);
    let total = totals.fold(Totals::default(), Totals::and);
    let view = |(day, totals): (u32, Totals)| DayMovement {
        day,
        supplied: totals.supplied,
        used: totals.used,
        wasted: totals.wasted,
        ordered: totals.ordered,
    };
    IngredientReport {
        ingredient: ingredient.to_owned(),
        supplied: total.supplied,
        used: total.used,
        wasted: total.wasted,
        ordered: total.ordered,
        days: days.into_iter().rev().map(view).collect(),
    }
}

impl Inventory {
    /// Closes the books of a day that is over. Call it before the day's report is written.
    pub(crate) fn close_books(&self, day: u32) {
        let older = LastReport::default();
        for (ingredient, line) in &self.ledger.lines {
            let mut book = open(ingredient, &older);
            let now = Totals::of(line);
            let moved = now.since(book.closed);
            // A day without movement takes no place in the book.
            if moved == Totals::default() {
                continue;
            }
            match book.days.last_mut() {
                // What a day that was closed before has left.
                Some((last, totals)) if *last >= day => *totals = totals.and(moved),
                _ => book.days.push((day, moved)),
            }
            let oldest = day.saturating_sub(DAYS_MAX - 1);
            book.days.retain(|(day, _)| *day >= oldest);
            book.closed = now;
            BOOKS.insert(ingredient, &book);
        }
    }

    fn today(&self) -> u32 {
        // A copy may look into the database; a query keeps nothing.
        self.clock.clone().day(context::now_ms()).number
    }
}

/// What a version without books wrote last, read when the first book is opened.
#[derive(Default)]
struct LastReport(std::cell::OnceCell<Vec<(String, Totals)>>);

impl LastReport {
    fn totals(&self, ingredient: &str) -> Totals {
        let read = || {
            let lines = reports::last().map_or_else(Vec::new, |report| report.lines);
            let totals = |line: crate::bindings::types::StockLine| {
                let totals = Totals {
                    supplied: line.supplied,
                    used: line.consumed + line.wasted,
                    wasted: line.wasted,
                    ordered: 0,
                };
                (line.ingredient, totals)
            };
            lines.into_iter().map(totals).collect()
        };
        let lines = self.0.get_or_init(read);
        let line = lines.iter().find(|(name, _)| name == ingredient);
        line.map_or_else(Totals::default, |(_, totals)| *totals)
    }
}

fn open(ingredient: &str, older: &LastReport) -> Book {
    BOOKS.get(ingredient).unwrap_or_else(|| Book {
        closed: older.totals(ingredient),
        days: Vec::new(),
    })
}
