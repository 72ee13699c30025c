//! An actor itself: its head and its state, which are one row. Only a turn that keeps its state, and
//! an opening, write the head alone, into a row of its own, which counts as long as it is there: the
//! state is not written again with it. The next turn that writes the state removes it.
//!
//! In directories from before, the state has a row of its own, and the actor's row is its head.

use fjall::Slice;
use pizza_store::StoreError;
use pizza_store::apply::Head;
use pizza_types::State;
use serde::{Deserialize, Serialize};

use crate::changes::Changes;
use crate::row::{self, damaged};
use crate::table::Table;
use crate::view::View;

/// The format of a row that has both.
const WHOLE: u8 = 3;

/// Which rows of an actor there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Whole,
    /// A newer head lies beside.
    HeadBeside,
    /// The state, if there is one, lies beside.
    StateBeside,
}

/// What a commit makes of the state.
pub(crate) enum NewState {
    Kept,
    /// The begin of the actor's row, which the head is yet to follow.
    Set(Vec<u8>),
}

impl NewState {
    pub(crate) fn set(state: Option<&State>) -> Self {
        let mut row = Vec::with_capacity(HEAD_BYTES + state.map_or(0, |state| state.bytes.len()));
        row.push(WHOLE);
        Self::Set(encode(&state, row))
    }

    /// About how many bytes of the log it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Kept => HEAD_BYTES,
            Self::Set(row) => row.len() + HEAD_BYTES,
        }
    }
}

/// About what a head takes.
const HEAD_BYTES: usize = 96;

fn encode<T: Serialize>(value: &T, row: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, row)
        .expect("neither has a sequence of unknown length, and a Vec takes all of it")
}

/// Writes the rows of an actor that has those of `before`; returns which it has then.
pub(crate) fn write(
    changes: &mut Changes,
    actor: &[u8],
    head: &Head,
    state: NewState,
    before: Option<Layout>,
) -> Layout {
    let row = match (state, before) {
        (NewState::Set(row), _) => row,
        // The first commit makes the row.
        (NewState::Kept, None) => encode(&None::<State>, vec![WHOLE]),
        (NewState::Kept, Some(Layout::StateBeside)) => {
            changes.put(Table::Actors, actor, row::encode_head(head));
            return Layout::StateBeside;
        }
        (NewState::Kept, Some(Layout::Whole | Layout::HeadBeside)) => {
            changes.put(Table::Heads, actor, row::encode_head(head));
            return Layout::HeadBeside;
        }
    };
    changes.put(Table::Actors, actor, encode(head, row));
    match before {
        Some(Layout::HeadBeside) => changes.remove(Table::Heads, actor),
        Some(Layout::StateBeside) => changes.remove(Table::States, actor),
        Some(Layout::Whole) | None => {}
    }
    Layout::Whole
}

/// The rows in which an actor lies.
pub(crate) fn tables(layout: Layout) -> &'static [Table] {
    match layout {
        Layout::Whole => &[Table::Actors],
        Layout::HeadBeside => &[Table::Actors, Table::Heads],
        Layout::StateBeside => &[Table::Actors, Table::States],
    }
}

/// # Errors
/// When the store cannot be read, or a row is damaged.
pub(crate) fn head(view: &View, actor: &[u8]) -> Result<Option<(Head, Layout)>, StoreError> {
    let Some(row) = view.get_row(Table::Actors, actor)? else {
        return Ok(None);
    };
    let Some(whole) = Whole::of(actor, &row)? else {
        let head = row::decode_head(Table::Actors, actor, &row)?;
        return Ok(Some((head, Layout::StateBeside)));
    };
    beside(view, actor, whole.head).map(Some)
}

/// # Errors
/// When the store cannot be read, or a row is damaged.
pub(crate) fn read(view: &View, actor: &[u8]) -> Result<Option<(Head, Option<State>)>, StoreError> {
    let Some(row) = view.get_row(Table::Actors, actor)? else {
        return Ok(None);
    };
    let Some(whole) = Whole::of(actor, &row)? else {
        let head = row::decode_head(Table::Actors, actor, &row)?;
        return Ok(Some((head, view.get(Table::States, actor)?)));
    };
    let state = whole.state.map(|state| State {
        schema: state.schema,
        bytes: state.bytes.to_vec().into(),
    });
    let (head, _) = beside(view, actor, whole.head)?;
    Ok(Some((head, state)))
}

/// The head that counts, where the one in the actor's row is this.
fn beside(view: &View, actor: &[u8], in_row: Head) -> Result<(Head, Layout), StoreError> {
    let newer = view.get_with(Table::Heads, actor, row::decode_head)?;
    Ok(newer.map_or((in_row, Layout::Whole), |head| (head, Layout::HeadBeside)))
}

struct Whole<'a> {
    state: Option<StateRef<'a>>,
    head: Head,
}

#[derive(Deserialize)]
struct StateRef<'a> {
    schema: u32,
    bytes: &'a [u8],
}

impl<'a> Whole<'a> {
    /// `None` when the row is not of this format.
    fn of(actor: &[u8], row: &'a Slice) -> Result<Option<Self>, StoreError> {
        let Some((&WHOLE, row)) = row.split_first() else {
            return Ok(None);
        };
        let unreadable = |error: postcard::Error| damaged(Table::Actors, actor, &error.to_string());
        let (state, head) = postcard::take_from_bytes(row).map_err(unreadable)?;
        let head = postcard::from_bytes(head).map_err(unreadable)?;
        Ok(Some(Self { state, head }))
    }
}
