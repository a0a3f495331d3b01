//! What a text may ask of the template engine: to print a fact, to say something only where a fact is given, and to go through
//! a list. Nothing else, so that whatever somebody writes is rendered at a cost that goes with its length, and prints no fact
//! that may be missing.

/// How deep conditions may stand within one another.
const DEEPEST: usize = 8;

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misplaced {
    /// Where, in bytes.
    pub(crate) offset: usize,
    /// What, and what is expected.
    pub(crate) reason: String,
}

/// Something of a text that is not told as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tag<'t> {
    /// `{{ recourse.name }}`
    Print(&'t str),
    /// `{% if a and b.c %}`
    If(Condition<'t>),
    /// `{% elif a %}`
    Elif(Condition<'t>),
    Else,
    EndIf,
    /// `{% for line in recourse.audience %}`
    For {
        each: &'t str,
        list: &'t str,
    },
    EndFor,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition<'t> {
    /// The facts that it asks for, in their order.
    facts: Vec<&'t str>,
    /// Whether all of them are given where it holds: they are joined by `and` alone.
    all: bool,
}

/// What is known of the facts of a text.
pub(super) struct Known<'k> {
    /// Whether a fact is given with every notice of the kind.
    pub(super) always: &'k dyn Fn(&str) -> bool,
    /// The parts that are given wherever the whole is: `recourse.name`.
    pub(super) parts: &'k [&'k str],
    /// The parts that are lists.
    pub(super) lists: &'k [&'k str],
}

/// Whether a text has only what texts may have. What its conditions guard is looked at once its fragments are in it.
pub(crate) fn check(text: &str) -> Result<(), Misplaced> {
    tags(text).map(|_| ())
}

/// The first fact that is asked for where the engine would fail: printed where it may not be given, or gone through although
/// it is no list.
pub(super) fn unguarded<'t>(text: &'t str, known: &Known<'_>) -> Option<&'t str> {
    // What the branch of each open condition or loop guards.
    let mut open: Vec<Vec<&str>> = Vec::new();
    for (_, tag) in tags(text).ok()? {
        let given = |open: &[Vec<&str>], path: &str| {
            (known.always)(path) || open.iter().flatten().any(|guarded| *guarded == path)
        };
        match tag {
            Tag::Print(path) => {
                let part = known.parts.contains(&path) && given(&open, whole(path));
                if !part && !given(&open, path) {
                    return Some(path);
                }
            }
            Tag::For { each, list } => {
                if !known.lists.contains(&list) || !given(&open, whole(list)) {
                    return Some(list);
                }
                open.push(vec![each]);
            }
            Tag::If(condition) => {
                if let Some(path) = condition.of_nothing(|whole| given(&open, whole)) {
                    return Some(path);
                }
                open.push(condition.guarded());
            }
            Tag::Elif(condition) => {
                open.pop();
                if let Some(path) = condition.of_nothing(|whole| given(&open, whole)) {
                    return Some(path);
                }
                open.push(condition.guarded());
            }
            Tag::Else => {
                open.pop();
                open.push(Vec::new());
            }
            Tag::EndIf | Tag::EndFor => drop(open.pop()),
        }
    }
    None
}

impl<'t> Condition<'t> {
    /// What is given where it holds.
    fn guarded(self) -> Vec<&'t str> {
        if self.all { self.facts } else { Vec::new() }
    }

    /// The first part that it asks of a whole that may not be given.
    fn of_nothing(&self, given: impl Fn(&str) -> bool) -> Option<&'t str> {
        let parts = self.facts.iter().enumerate();
        let mut parts = parts.filter(|(_, path)| path.contains('.'));
        let missing = parts.find(|(place, path)| {
            let before = self.facts.get(..*place).unwrap_or_default();
            let asked_before = self.all && before.contains(&whole(path));
            !asked_before && !given(whole(path))
        });
        missing.map(|(_, path)| *path)
    }
}

/// `recourse` of `recourse.name`.
fn whole(path: &str) -> &str {
    path.split_once('.').map_or(path, |(whole, _)| whole)
}

/// The tags of a text with their places. Whether conditions are closed, the template engine says.
fn tags(text: &str) -> Result<Vec<(usize, Tag<'_>)>, Misplaced> {
    let mut found = Vec::new();
    let (mut rest, mut offset) = (text, 0);
    let (mut depth, mut loops) = (0_usize, 0_usize);
    while let Some(start) = rest.find('{') {
        let at = offset + start;
        let wrong = |reason: &str| Misplaced {
            offset: at,
            reason: reason.to_owned(),
        };
        let opened = rest.get(start..).unwrap_or_default();
        let (close, printed) = match opened.get(..2) {
            Some("{{") => ("}}", true),
            Some("{%") => ("%}", false),
            Some("{#") => {
                return Err(wrong(
                    "{# #} is no part of a text: write remarks as comments of the file",
                ));
            }
            _ => {
                offset = at + 1;
                rest = opened.get(1..).unwrap_or_default();
                continue;
            }
        };
        let Some(end) = opened.find(close) else {
            return Err(wrong(&format!("{} is not closed", &opened[..2])));
        };
        let inside = opened.get(2..end).unwrap_or_default();
        // `+%}` keeps the end of the line.
        let inside = inside
            .strip_suffix('+')
            .filter(|_| !printed)
            .unwrap_or(inside);
        let tag = if printed {
            print(inside)
        } else {
            block(inside)
        };
        let tag = tag.ok_or_else(|| {
            wrong(
                "a text may have {{ fact }}, {% if fact and fact %}, {% elif fact %}, {% else %}, {% endif %}, \
                 {% for line in list %} and {% endfor %}, and nothing else",
            )
        })?;
        match tag {
            Tag::If(_) => depth += 1,
            Tag::For { .. } => (depth, loops) = (depth + 1, loops + 1),
            Tag::EndIf => depth = depth.saturating_sub(1),
            Tag::EndFor => {
                (depth, loops) = (depth.saturating_sub(1), loops.saturating_sub(1));
            }
            _ => {}
        }
        if depth > DEEPEST || loops > 1 {
            return Err(wrong(&format!(
                "conditions stand at most {DEEPEST} deep, and no list within another"
            )));
        }
        found.push((at, tag));
        let after = end + close.len();
        offset = at + after;
        rest = opened.get(after..).unwrap_or_default();
    }
    Ok(found)
}

fn print(inside: &str) -> Option<Tag<'_>> {
    path(inside.trim()).map(Tag::Print)
}

fn block(inside: &str) -> Option<Tag<'_>> {
    let words: Vec<&str> = inside.split_whitespace().collect();
    match words.as_slice() {
        ["if", words @ ..] => condition(words).map(Tag::If),
        ["elif", words @ ..] => condition(words).map(Tag::Elif),
        ["else"] => Some(Tag::Else),
        ["endif"] => Some(Tag::EndIf),
        ["for", each, "in", list] => {
            let each = path(each).filter(|each| !each.contains('.'))?;
            path(list).map(|list| Tag::For { each, list })
        }
        ["endfor"] => Some(Tag::EndFor),
        _ => None,
    }
}

/// Facts, joined by `and` or `or`, each perhaps after a `not`. `None`: it is no condition.
fn condition<'t>(words: &[&'t str]) -> Option<Condition<'t>> {
    let (mut facts, mut all) = (Vec::new(), true);
    let mut words = words.iter();
    loop {
        match *words.next()? {
            "not" => {
                all = false;
                facts.push(path(words.next()?)?);
            }
            fact => facts.push(path(fact)?),
        }
        match words.next() {
            None => return Some(Condition { facts, all }),
            Some(&"and") => {}
            Some(&"or") => all = false,
            Some(_) => return None,
        }
    }
}

/// A fact, or a part of one.
fn path(word: &str) -> Option<&str> {
    let mut parts = word.split('.');
    let name = |part: &str| {
        let letters = |c: char| c.is_ascii_lowercase() || c == '_';
        let reserved = [
            "not", "and", "or", "in", "is", "if", "else", "true", "false", "none",
        ];
        !part.is_empty() && part.chars().all(letters) && !reserved.contains(&part)
    };
    let one_or_two = parts.by_ref().take(2).all(name) && parts.next().is_none();
    one_or_two.then_some(word)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_text_has_facts_conditions_and_lists_and_nothing_else() {
        for sound in [
            "",
            "Plain words, { braces } and % signs.",
            "{{ name }}",
            "{% if a and not b %}{{ a }}{% elif b.c or d %}x{% else %}y{% endif %}",
            "{% for line in recourse.audience %}\n- {{ line }}\n{% endfor %}",
        ] {
            assert_eq!(check(sound), Ok(()), "{sound}");
        }
        for (at, wrong) in [
            (0, "{{ \"a\" * 1000000000 }}"),
            (3, "ab {{ a | upper }}"),
            (0, "{{ range(9) }}"),
            (0, "{{ a.b.c }}"),
            (0, "{{ }}"),
            (0, "{{ a"),
            (0, "{% raw %}"),
            (0, "{%- if a %}"),
            (0, "{% if %}"),
            (0, "{% if a == b %}"),
            (0, "{% if a and %}"),
            (0, "{% set a = b %}"),
            (0, "{% include \"other\" %}"),
            (0, "{% macro m() %}"),
            (0, "{% for a in [1, 2] %}"),
            (0, "{# remark #}"),
            (16, "{% for a in b %}{% for c in d %}"),
            (2, "é{{ A }}"),
        ] {
            let refused = check(wrong).unwrap_err();
            assert_eq!(refused.offset, at, "{wrong}: {}", refused.reason);
        }
        let deep = "{% if a %}".repeat(DEEPEST + 1);
        assert!(check(&deep).unwrap_err().reason.contains("deep"));
    }

    #[test]
    fn a_fact_is_asked_for_only_where_it_is_given() {
        let known = Known {
            always: &|path| path == "number",
            parts: &["r.name", "r.list"],
            lists: &["r.list"],
        };
        for sound in [
            "{{ number }}",
            "{% if a %}{{ a }}{% endif %}",
            "{% if a and b %}{{ a }}{{ b }}{% endif %}",
            "{% if a %}{{ a }}{% elif b %}{{ b }}{% endif %}",
            "{% if r %}{{ r.name }}{% if r.phone %}{{ r.phone }}{% endif %}{% endif %}",
            "{% if r and r.phone %}{{ r.phone }}{% endif %}",
            "{% if r %}{% for line in r.list %}{{ line }}{% endfor %}{% endif %}",
        ] {
            assert_eq!(unguarded(sound, &known), None, "{sound}");
        }
        for (fact, wrong) in [
            ("a", "{{ a }}"),
            ("a", "{% if b %}{{ a }}{% endif %}"),
            ("a", "{% if a or b %}{{ a }}{% endif %}"),
            ("a", "{% if not a %}{{ a }}{% endif %}"),
            ("a", "{% if a %}x{% else %}{{ a }}{% endif %}"),
            ("a", "{% if a %}x{% endif %}{{ a }}"),
            ("b", "{% if a %}x{% elif c %}{{ b }}{% endif %}"),
            ("r.name", "{{ r.name }}"),
            ("number.name", "{{ number.name }}"),
            ("r.phone", "{% if r %}{{ r.phone }}{% endif %}"),
            ("r.phone", "{% if r.phone %}x{% endif %}"),
            ("r.phone", "{% if r or r.phone %}x{% endif %}"),
            ("r.list", "{% for line in r.list %}{% endfor %}"),
            ("number", "{% for line in number %}{% endfor %}"),
            (
                "line",
                "{% if r %}{% for line in r.list %}{% endfor %}{{ line }}{% endif %}",
            ),
        ] {
            assert_eq!(unguarded(wrong, &known), Some(fact), "{wrong}");
        }
    }
}
