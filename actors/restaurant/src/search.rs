//! Looking for an order by what somebody on the phone can tell of it.

use crate::bindings::types::{FoundOrders, Status};
use crate::details::{self, Texts};
use crate::orders::{self, Line, PAGE_MAX};

/// How many orders are looked through for one answer, and how many of them at once.
const LOOKED_THROUGH_MAX: u32 = 1_000;
const AT_ONCE: u32 = 200;

/// Orders in whose id, customer or address the text is, in whatever case.
pub(crate) fn find(
    text: &str,
    status: Option<Status>,
    after: Option<String>,
    limit: u32,
) -> FoundOrders {
    let text = text.to_lowercase();
    let limit = limit.clamp(1, PAGE_MAX) as usize;
    let mut found = Vec::new();
    let mut next = after;
    for _ in 0..LOOKED_THROUGH_MAX / AT_ONCE {
        let lines = match status {
            Some(status) => orders::of_state(status, next.as_deref(), AT_ONCE),
            None => orders::of_all(next.as_deref(), AT_ONCE),
        };
        if lines.is_empty() {
            next = None;
            break;
        }
        let names: Vec<_> = lines.iter().map(|(name, _)| name).collect();
        let texts = details::texts_of(&names);
        for ((name, line), texts) in lines.into_iter().zip(texts) {
            next = Some(name.clone());
            if is_in(&text, &line, texts.as_ref()) {
                found.push(orders::view(name, line, texts));
                if found.len() == limit {
                    return FoundOrders {
                        orders: found,
                        next,
                    };
                }
            }
        }
    }
    FoundOrders {
        orders: found,
        next,
    }
}

fn is_in(text: &str, line: &Line, texts: Option<&Texts>) -> bool {
    let of_details = texts.map(|texts| {
        [
            texts.customer_name.as_deref(),
            texts.delivery_address.as_deref(),
        ]
    });
    let of_line = [
        Some(line.order_id.as_str()),
        Some(line.customer_id.as_str()),
    ];
    let mut all = of_line
        .into_iter()
        .chain(of_details.into_iter().flatten())
        .flatten();
    all.any(|one| one.to_lowercase().contains(text))
}
