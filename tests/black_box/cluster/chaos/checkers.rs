//! Two judges that others have written: whether there is one order of all calls of an actor that explains
//! every answer, in which no call stands before one that had ended when it began (decision 58).

use stateright::semantics::{ConsistencyTester as _, LinearizabilityTester, SequentialSpec};
use todc_utils::{Action, History as Actions, Specification, WGLChecker};

use super::history::{Call, Operation, Outcome};

/// An actor that is a list, one call after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct List(Vec<u32>);

impl List {
    fn after(&mut self, operation: &Operation) -> Vec<u32> {
        if let Operation::Append(number) = operation {
            self.0.push(*number);
        }
        self.0.clone()
    }
}

impl SequentialSpec for List {
    type Op = Operation;
    type Ret = Vec<u32>;

    fn invoke(&mut self, operation: &Operation) -> Vec<u32> {
        self.after(operation)
    }
}

/// With what it answered, if anybody knows.
#[derive(Debug, Clone)]
struct Answered(Operation, Option<Vec<u32>>);

impl Specification for List {
    type State = List;
    type Operation = Answered;

    fn init() -> List {
        List::default()
    }

    fn apply(Answered(operation, answer): &Answered, state: &List) -> (bool, List) {
        let mut after = state.clone();
        let list = after.after(operation);
        let fits = answer.as_ref().is_none_or(|answer| *answer == list);
        (fits, if fits { after } else { state.clone() })
    }
}

/// What a judge is to explain: not what was not done, nor a read that nobody has seen.
fn to_explain(calls: &[Call]) -> impl Iterator<Item = &Call> {
    calls.iter().filter(|call| match call.outcome {
        Outcome::Saw(_) => true,
        Outcome::NothingDone => false,
        Outcome::Unknown => call.operation != Operation::Read,
    })
}

/// Begins and ends in their order: `(moment, number of the call, whether it begins)`.
fn moments(calls: &[&Call]) -> Vec<(usize, usize, bool)> {
    let both = calls.iter().enumerate();
    let both = both.flat_map(|(n, call)| [(call.begun, n, true), (call.ended, n, false)]);
    let mut moments: Vec<_> = both.collect();
    moments.sort_unstable();
    moments
}

/// Stateright's tester knows calls that are in flight: what nobody knows the end of stays so. Each call
/// is a thread's only one.
pub(super) fn stateright(calls: &[Call]) -> bool {
    let calls: Vec<&Call> = to_explain(calls).collect();
    let mut tester = LinearizabilityTester::new(List::default());
    for (_, n, begins) in moments(&calls) {
        let noted = match (&calls[n].outcome, begins) {
            (_, true) => tester.on_invoke(n, calls[n].operation.clone()),
            (Outcome::Saw(list), false) => tester.on_return(n, list.clone()),
            (_, false) => continue,
        };
        noted.expect("each call begins once and ends once");
    }
    tester.is_consistent()
}

/// The checker of todc (Wing & Gong, Lowe) wants an end of every call: what nobody knows the end of may
/// have come to anything, and ends when all is over. To stand last, where nobody sees it, is the same as
/// never to have been done.
pub(super) fn todc(calls: &[Call]) -> bool {
    let calls: Vec<&Call> = to_explain(calls).collect();
    let mut open = Vec::new();
    let mut actions = Vec::new();
    for (_, n, begins) in moments(&calls) {
        let operation = calls[n].operation.clone();
        match (&calls[n].outcome, begins) {
            (_, true) => actions.push((n, Action::Call(Answered(operation, None)))),
            (Outcome::Saw(list), false) => {
                let answered = Answered(operation, Some(list.clone()));
                actions.push((n, Action::Response(answered)));
            }
            (_, false) => open.push((n, Action::Response(Answered(operation, None)))),
        }
    }
    actions.extend(open);
    // Of nothing it makes no history.
    actions.is_empty() || WGLChecker::<List>::is_linearizable(Actions::from_actions(actions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(begun: usize, ended: usize, number: u32, outcome: Outcome) -> Call {
        let operation = Operation::Append(number);
        Call {
            begun,
            ended,
            operation,
            outcome,
        }
    }

    fn read(begun: usize, ended: usize, list: &[u32]) -> Call {
        let (operation, outcome) = (Operation::Read, Outcome::Saw(list.to_vec()));
        Call {
            begun,
            ended,
            operation,
            outcome,
        }
    }

    #[test]
    fn both_judges_say_what_is_written_beside_each_history() {
        let saw = |list: &[u32]| Outcome::Saw(list.to_vec());
        for (what, calls, expected) in [
            ("nothing", vec![], true),
            (
                "a list that grows",
                vec![append(1, 2, 7, saw(&[7])), read(3, 4, &[7])],
                true,
            ),
            (
                "a stale read",
                vec![append(1, 2, 7, saw(&[7])), read(3, 4, &[])],
                false,
            ),
            (
                "a read beside an append may be from before",
                vec![append(1, 4, 7, saw(&[7])), read(2, 3, &[])],
                true,
            ),
            (
                "a lost append",
                vec![append(1, 2, 7, saw(&[7])), append(3, 4, 8, saw(&[8]))],
                false,
            ),
            (
                "an append done twice",
                vec![append(1, 2, 7, saw(&[7])), read(3, 4, &[7, 7])],
                false,
            ),
            (
                "an unknown append that was done late",
                vec![
                    append(1, 2, 7, Outcome::Unknown),
                    read(3, 4, &[]),
                    read(5, 6, &[7]),
                ],
                true,
            ),
            (
                "an unknown append that was never done",
                vec![append(1, 2, 7, Outcome::Unknown), read(3, 4, &[])],
                true,
            ),
            (
                "an unknown append that was undone",
                vec![
                    append(1, 2, 7, Outcome::Unknown),
                    read(3, 4, &[7]),
                    read(5, 6, &[]),
                ],
                false,
            ),
            (
                "a promise that nothing was done, broken",
                vec![append(1, 2, 7, Outcome::NothingDone), read(3, 4, &[7])],
                false,
            ),
        ] {
            assert_eq!(stateright(&calls), expected, "stateright: {what}");
            assert_eq!(todc(&calls), expected, "todc: {what}");
        }
    }
}
