//! The table of docs/cluster.md: what goes on while something is missing.

use std::collections::{BTreeMap, BTreeSet};

/// Where it stands, and what stands above it.
const PAGE: &str = include_str!("../../../../docs/cluster.md");
const HEADING: &str = "## What goes on without what";

/// What happens to whoever asks, by the first words of a cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// Answered as ever.
    Works,
    /// Answered once what is missing is back, or by the status behind it when the time is over.
    Waits(Option<u16>),
    /// Answered at once, by this status, or by an error of a command where there is none.
    Refused(Option<u16>),
}

/// What is seen each time, and what may be seen besides.
#[derive(Debug, Clone, Default)]
struct Said {
    always: BTreeSet<Outcome>,
    at_times: BTreeSet<Outcome>,
}

/// The cells of each row, by the head of their column.
pub(super) struct Table(BTreeMap<String, BTreeMap<String, Said>>);

fn cells(line: &str) -> Vec<&str> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|');
    line.split('|').map(str::trim).collect()
}

/// `**works**`, `**waits**, then 503`, `at times **refused**, 503`; several are divided by `;`.
fn outcomes(cell: &str) -> Said {
    let one = |part: &str| {
        let status = part
            .split(|c: char| !c.is_ascii_digit())
            .find(|word| word.len() == 3);
        let status = status.map(|status| status.parse().expect("digits"));
        match part.split("**").nth(1).unwrap_or_default() {
            "works" => Outcome::Works,
            "waits" => Outcome::Waits(status),
            "refused" => Outcome::Refused(status),
            _ => panic!("{part:?} begins with neither **works**, **waits** nor **refused**"),
        }
    };
    let (at_times, always): (Vec<&str>, _) = cell
        .split(';')
        .map(str::trim)
        .partition(|part| part.starts_with("at times"));
    Said {
        always: always.into_iter().map(one).collect(),
        at_times: at_times.into_iter().map(one).collect(),
    }
}

fn kinds(outcomes: &BTreeSet<Outcome>) -> BTreeSet<u8> {
    let kind = |outcome: &Outcome| match outcome {
        Outcome::Works => 0,
        Outcome::Waits(_) => 1,
        Outcome::Refused(_) => 2,
    };
    outcomes.iter().map(kind).collect()
}

impl Said {
    /// All kinds that are always there, and no outcome that is not named.
    fn agrees(&self, seen: &BTreeSet<Outcome>) -> bool {
        let named = &self.always | &self.at_times;
        let kinds_seen = kinds(seen);
        seen.is_subset(&named) && kinds(&self.always).is_subset(&kinds_seen)
    }
}

impl Table {
    pub(super) fn of_page() -> Self {
        let (_, behind) = PAGE.split_once(HEADING).expect("the page has it");
        let mut lines = behind
            .lines()
            .skip_while(|line| !line.starts_with('|'))
            .take_while(|line| line.starts_with('|'));
        let heads = cells(lines.next().expect("a head"));
        let rows = lines.skip(1).map(|line| {
            let row = cells(line);
            assert_eq!(row.len(), heads.len(), "{line}");
            let columns = heads.iter().zip(&row).skip(1);
            let columns = columns.map(|(head, cell)| ((*head).to_owned(), outcomes(cell)));
            (row[0].to_owned(), columns.collect())
        });
        Self(rows.collect())
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What the page says of a row, and what was seen: the same kinds, and no status that it does not name.
    ///
    /// # Errors
    /// Each cell in which the two differ.
    pub(super) fn compare(
        &self,
        row: &str,
        seen: &BTreeMap<String, BTreeSet<Outcome>>,
    ) -> Result<(), String> {
        let said = self.0.get(row).ok_or_else(|| format!("no row {row:?}"))?;
        let columns: BTreeSet<&String> = said.keys().chain(seen.keys()).collect();
        let differ = columns.into_iter().filter(|column| {
            let both = said.get(*column).zip(seen.get(*column));
            !both.is_some_and(|(said, seen)| said.agrees(seen))
        });
        let told: Vec<String> = differ
            .map(|column| {
                let (said, seen) = (said.get(column), seen.get(column));
                format!("{row}, {column}: the page says {said:?}, seen was {seen:?}")
            })
            .collect();
        if told.is_empty() {
            Ok(())
        } else {
            Err(told.join("\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_says_something_else_is_found() {
        let page = Table::of_page();
        let row = "the membership node";
        let said = page.0[row].iter();
        let said: BTreeMap<String, BTreeSet<Outcome>> = said
            .map(|(column, said)| (column.clone(), said.always.clone()))
            .collect();
        assert_eq!(page.compare(row, &said), Ok(()));
        for other in [
            Outcome::Works,
            Outcome::Refused(Some(503)),
            Outcome::Waits(Some(500)),
        ] {
            let mut seen = said.clone();
            seen.insert("place an order".to_owned(), BTreeSet::from([other]));
            let told = page.compare(row, &seen).expect_err("it differs");
            assert!(told.contains("place an order"), "{told}");
        }
        // What is seen at times does not stand for what is seen always.
        let row_with = "another primary, for the rest";
        let column = "place an order";
        let named = &page.0[row_with][column];
        assert!(named.agrees(&(&named.always | &named.at_times)));
        assert!(!named.at_times.is_empty() && !named.agrees(&named.at_times));
        let mut less = said.clone();
        less.remove("new silo");
        assert!(page.compare(row, &less).is_err(), "nobody tried a column");
        assert!(
            page.compare("the moon", &said).is_err(),
            "there is no such row"
        );
    }
}
