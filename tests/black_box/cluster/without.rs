//! What goes on while something is missing: the table of docs/cluster.md is what is seen here, and no test
//! of it passes when the two differ.

mod cell;
mod pizzeria;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use self::pizzeria::{Pizzeria, Side};
use self::table::{Outcome, Table};
use crate::common::{machine, until};

const PLACE: &str = "place an order";
const READ: &str = "read an order";
const CHANGE: &str = "change its status";
const POSITION: &str = "MQTT position";
const STREAM: &str = "event stream";
const JOIN: &str = "new silo";
const SWAP: &str = "module swap";

/// How long something has been away before anybody asks: leases are over, and connections are known to be
/// dead.
const SETTLED: Duration = Duration::from_millis(2_500);
/// How soon an event or a position comes that does not wait.
const SOON: Duration = Duration::from_millis(3_000);
/// How late it comes, after what was missing is back: a call that was begun before has half a minute.
const LATER: Duration = Duration::from_secs(60);
/// A machine that stands still for a moment makes somebody wait who did not have to: what differs is tried again.
const TRIES: usize = 3;
/// So many orders are placed that some have their records in each place.
const PLACES: usize = 16;

type Seen = BTreeMap<String, BTreeSet<Outcome>>;

/// What is asked for while something is missing, and in which row it is told.
struct Subject {
    row: &'static str,
    restaurant: String,
    orders: [String; 3],
    driver: String,
    /// Where the driver is seen next: nobody else is there.
    lat: f64,
    /// The events of the last order.
    stream: Mutex<mpsc::Receiver<()>>,
}

impl Subject {
    /// Its records are with this primary or not, and so are those of its restaurant's inventory.
    fn of(pizzeria: &Pizzeria, row: &'static str, away: usize, sides: [Side; 2]) -> Self {
        let [side, inventory] = sides;
        let restaurant = pizzeria.restaurant(away, inventory);
        pizzeria.furnish(&restaurant);
        let driver = pizzeria.driver(away, side);
        let orders = [(); 3].map(|()| pizzeria.order(&restaurant, away, side));
        Self::with(pizzeria, row, restaurant, driver, orders)
    }

    /// Its restaurant is in the other cell, and everything else with it or not.
    fn of_cell(pizzeria: &Pizzeria, row: &'static str, side: Side) -> Self {
        let restaurant = format!("{}.{side:?}", cell::NAME).to_lowercase();
        pizzeria.furnish(&restaurant);
        let orders = [(); 3].map(|()| pizzeria.order_of(&restaurant, side));
        let driver = match side {
            Side::There => format!("{}.driver", cell::NAME),
            Side::Elsewhere => "driver-of-this-cell".to_owned(),
        };
        Self::with(pizzeria, row, restaurant, driver, orders)
    }

    fn with(
        pizzeria: &Pizzeria,
        row: &'static str,
        restaurant: String,
        driver: String,
        orders: [String; 3],
    ) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        pizzeria.goes_to_work(&driver);
        Self {
            row,
            driver,
            lat: 41.0 + f64::from(NEXT.fetch_add(1, Ordering::Relaxed)) / 64.0,
            stream: Mutex::new(pizzeria.track(&orders[2])),
            restaurant,
            orders,
        }
    }

    /// Whether the last order's event comes within this time.
    fn hears(&self, within: Duration) -> bool {
        let stream = self.stream.lock().expect("unpoisoned");
        stream.recv_timeout(within).is_ok()
    }

    /// Asks for everything while it is missing.
    fn ask(&self, pizzeria: &Pizzeria) -> Seen {
        let [read, cancelled, tracked] = &self.orders;
        let one = |outcome| BTreeSet::from([outcome]);
        let soon = |is_soon| {
            one(if is_soon {
                Outcome::Works
            } else {
                Outcome::Waits(None)
            })
        };
        thread::scope(|scope| {
            let reads = scope.spawn(|| pizzeria.read(read));
            let changes = scope.spawn(|| pizzeria.cancel(cancelled));
            let placed = scope.spawn(|| pizzeria.places(&self.restaurant, PLACES));
            let is_at = scope.spawn(|| pizzeria.is_at(&self.driver, self.lat, SOON));
            let _ = pizzeria.cancel(tracked);
            let event = self.hears(SOON);
            let seen = [
                (STREAM, soon(event)),
                (READ, one(reads.join().expect("it ends"))),
                (CHANGE, one(changes.join().expect("it ends"))),
                (PLACE, placed.join().expect("it ends")),
                (POSITION, soon(is_at.join().expect("it ends"))),
            ];
            seen.map(|(column, outcomes)| (column.to_owned(), outcomes))
                .into()
        })
    }

    /// What waited comes, now that it is back.
    fn arrives(&self, pizzeria: &Pizzeria, seen: &Seen) {
        let waited = |column: &str| seen[column] != BTreeSet::from([Outcome::Works]);
        if waited(POSITION) {
            let comes = pizzeria.is_at(&self.driver, self.lat, LATER);
            assert!(comes, "the position of {} is lost", self.driver);
        }
        if waited(STREAM) {
            // The change may not have been made.
            until("the order to be cancelled", || {
                let settled = pizzeria.cancel(&self.orders[2]);
                let is_away = matches!(
                    settled,
                    Outcome::Refused(Some(500..)) | Outcome::Waits(Some(_))
                );
                (!is_away).then_some(())
            });
            assert!(self.hears(LATER), "an event is lost");
        }
        until("orders to be taken again", || {
            (pizzeria.place(&self.restaurant).status == 201).then_some(())
        });
    }
}

/// Takes something away, asks for everything at once, and brings it back.
fn without(
    pizzeria: &Pizzeria,
    mark: u32,
    subjects: &[Subject],
    take_away: impl FnOnce(),
    bring_back: impl FnOnce(),
) -> BTreeMap<&'static str, Seen> {
    let digest = pizzeria.push(mark);
    take_away();
    let all: BTreeMap<&'static str, Seen> = thread::scope(|scope| {
        let joins = scope.spawn(|| pizzeria.join(&format!("joins-{mark}")));
        let swaps = scope.spawn(|| pizzeria.activate(&digest));
        let asked: Vec<_> = subjects
            .iter()
            .map(|subject| (subject.row, scope.spawn(|| subject.ask(pizzeria))))
            .collect();
        let asked = asked.into_iter();
        let mut all: BTreeMap<_, _> = asked
            .map(|(row, seen)| (row, seen.join().expect("it ends")))
            .collect();
        let of_all = [
            (JOIN, joins.join().expect("it ends")),
            (SWAP, swaps.join().expect("it ends")),
        ];
        for (column, outcome) in of_all {
            for seen in all.values_mut() {
                seen.insert(column.to_owned(), BTreeSet::from([outcome.clone()]));
            }
        }
        all
    });
    bring_back();
    for subject in subjects {
        subject.arrives(pizzeria, &all[subject.row]);
    }
    all
}

/// Waits until what was taken away is away, and then says where each driver is.
fn drive_on(pizzeria: &Pizzeria, subjects: &[Subject]) {
    thread::sleep(SETTLED);
    for subject in subjects {
        pizzeria.position(&subject.driver, subject.lat, false);
    }
}

#[allow(
    clippy::print_stdout,
    reason = "what was seen, to be written into the page"
)]
fn told(all: &BTreeMap<&'static str, Seen>, differ: &[String]) {
    for (row, seen) in all {
        println!("{row}: {seen:?}");
    }
    for line in differ {
        println!("differs: {line}");
    }
}

/// What is compared with the page, and what was found so far.
struct Comparison {
    table: Table,
    tried: BTreeSet<&'static str>,
    differ: Vec<String>,
    /// Every activation needs a module of its own.
    marks: u32,
}

impl Comparison {
    /// Plays a scene until all rows are as the page says, `TRIES` times at most.
    fn play(&mut self, mut scene: impl FnMut(u32) -> BTreeMap<&'static str, Seen>) {
        for left in (0..TRIES).rev() {
            self.marks += 1;
            let seen = scene(self.marks);
            self.tried.extend(seen.keys());
            let compared = seen.iter().map(|(row, seen)| self.table.compare(row, seen));
            let differ: Vec<String> = compared.filter_map(Result::err).collect();
            told(&seen, &differ);
            if differ.is_empty() {
                return;
            }
            if left == 0 {
                self.differ.extend(differ);
            }
        }
    }

    /// # Panics
    /// Where the page differs, or has a row that nobody tried.
    fn end(mut self) {
        let untried = self.table.rows().filter(|row| !self.tried.contains(row));
        let untried: Vec<String> = untried
            .map(|row| format!("{row}: nobody has tried it"))
            .collect();
        self.differ.extend(untried);
        assert!(self.differ.is_empty(), "{}", self.differ.join("\n"));
    }
}

/// A primary of Redis is stopped, with so many subjects that have something there, or nothing.
fn without_primary(
    pizzeria: &Pizzeria,
    mark: u32,
    away: usize,
    rows: &[(&'static str, [Side; 2])],
) -> BTreeMap<&'static str, Seen> {
    let subjects: Vec<Subject> = rows
        .iter()
        .map(|(row, sides)| Subject::of(pizzeria, row, away, *sides))
        .collect();
    let stop = || {
        pizzeria.redis.signal(away, "-STOP");
        drive_on(pizzeria, &subjects);
    };
    let go_on = || pizzeria.redis.signal(away, "-CONT");
    without(pizzeria, mark, &subjects, stop, go_on)
}

/// All processes of the other cell are stopped.
fn without_cell(pizzeria: &Pizzeria, mark: u32) -> BTreeMap<&'static str, Seen> {
    let subjects = [
        ("another cell, for what it has", Side::There),
        ("another cell, for its restaurants", Side::Elsewhere),
    ]
    .map(|(row, side)| Subject::of_cell(pizzeria, row, side));
    let stop = || {
        pizzeria.cell.signal("-STOP");
        drive_on(pizzeria, &subjects);
    };
    let go_on = || pizzeria.cell.signal("-CONT");
    without(pizzeria, mark, &subjects, stop, go_on)
}

fn without_broker(pizzeria: &Pizzeria, mark: u32) -> BTreeMap<&'static str, Seen> {
    let sides = [Side::Elsewhere; 2];
    let subject = Subject::of(pizzeria, "the MQTT broker", pizzeria.of_view, sides);
    // A phone cannot say where it is before the broker is back.
    let kill = || pizzeria.broker().kill();
    let start = || {
        pizzeria.broker().start_again();
        pizzeria.position(&subject.driver, subject.lat, true);
    };
    let subjects = std::slice::from_ref(&subject);
    without(pizzeria, mark, subjects, kill, start)
}

#[test]
fn the_page_says_what_goes_on_without_what() {
    // Whether somebody waits is a question of time.
    let _alone = machine::alone();
    let pizzeria = Pizzeria::open();
    let (here, there) = (Side::Elsewhere, Side::There);
    let mut comparison = Comparison {
        table: Table::of_page(),
        tried: BTreeSet::new(),
        differ: Vec::new(),
        marks: 0,
    };
    // What is asked for without the node of the view is with the others.
    let of_view = pizzeria.of_view;
    let rows = [("the membership node", [here, here])];
    comparison.play(|mark| without_primary(&pizzeria, mark, of_view, &rows));
    let rows = [
        ("another primary, for what it stores", [there, here]),
        ("another primary, for the rest", [here, here]),
        ("one inventory, for its restaurant", [here, there]),
    ];
    let other = (of_view + 1) % 3;
    comparison.play(|mark| without_primary(&pizzeria, mark, other, &rows));
    comparison.play(|mark| without_cell(&pizzeria, mark));
    comparison.play(|mark| without_broker(&pizzeria, mark));
    comparison.end();
}
