//! TOML, with spans.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Fault, ReadRefusal};
use crate::limits::MAX_DEPTH;
use crate::tree::{Layout, List, Map, Member, Node, Spelling, Text, Value};

/// Reads the text from `begin` on.
pub(super) fn read(text: &str, begin: usize) -> Result<Node, Fault> {
    let body = &text[begin..];
    let table = DeTable::parse(body).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Fault::new(ReadRefusal::Toml, begin + offset)
    })?;
    let shift = Shift { body, begin };
    let value = shift.table(table.get_ref(), Layout::Lines, 0)?;
    Ok(Node { span: begin..text.len(), value })
}

/// The spans of the parser begin behind the byte order mark.
struct Shift<'t> {
    body: &'t str,
    begin: usize,
}

impl Shift<'_> {
    fn span<T>(&self, spanned: &Spanned<T>) -> std::ops::Range<usize> {
        let span = spanned.span();
        self.begin + span.start..self.begin + span.end
    }

    fn table(&self, table: &DeTable<'_>, layout: Layout, depth: usize) -> Result<Value, Fault> {
        let mut members = Vec::new();
        for (name, value) in table {
            let node = self.value(value, depth + 1)?;
            members.push(Member {
                name: name.get_ref().clone().into_owned(),
                name_span: self.span(name),
                node,
            });
        }
        // The parser sorts by name.
        members.sort_by_key(|member| member.name_span.start);
        Ok(Value::Map(Map { members, layout }))
    }

    fn value(&self, spanned: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Fault> {
        let span = self.span(spanned);
        if depth > MAX_DEPTH {
            return Err(Fault::new(ReadRefusal::TooDeep, span.start));
        }
        let written = || self.body.get(spanned.span()).unwrap_or_default().to_owned();
        let value = match spanned.get_ref() {
            DeValue::String(text) => {
                Value::Text(Text { decoded: text.clone().into_owned(), spelling: Spelling::Free })
            }
            DeValue::Boolean(truth) => Value::Bool(*truth),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => Value::Other(written()),
            DeValue::Array(array) => {
                let items: Result<_, _> = array.iter().map(|item| self.value(item, depth + 1)).collect();
                // An array of tables is written in lines, too; nothing of it is ever edited.
                Value::List(List { items: items?, layout: Layout::Brackets })
            }
            DeValue::Table(table) => {
                let is_inline = self.body[spanned.span().start..].starts_with('{');
                self.table(table, if is_inline { Layout::Brackets } else { Layout::Lines }, depth)?
            }
        };
        Ok(Node { span, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_those_of_the_values() {
        let text = "\u{feff}# x\n[a.\"b c\"]\r\ncommand = 'n\\p' # c\nargs = [ \"x\",\n # y\n '''z''' , ]\n\n[z]\nq = {k = \"v\", n.m = 0x10}\n";
        let root = read(text, 3).unwrap();
        let entry = root.get("a").unwrap().get("b c").unwrap();
        assert_eq!(&text[entry.get("command").unwrap().span.clone()], "'n\\p'");
        assert_eq!(entry.get("command").unwrap().as_str(), Some("n\\p"));
        let args = entry.get("args").unwrap();
        assert_eq!(&text[args.span.clone()], "[ \"x\",\n # y\n '''z''' , ]");
        assert_eq!(&text[args.as_list().unwrap().items[1].span.clone()], "'''z'''");
        let layout = |name: &str| root.get("z").unwrap().get(name).unwrap().as_map().unwrap().layout;
        assert_eq!(layout("q"), Layout::Brackets);
        assert_eq!(entry.as_map().unwrap().layout, Layout::Lines);
        let key = &root.get("z").unwrap().as_map().unwrap().members[0];
        assert_eq!(&text[key.name_span.clone()], "q");
    }

    #[test]
    fn refusals_say_where() {
        for (text, offset) in [("a = 1\na = 2\n", 6), ("[a\n", 2), ("a = \"x\n", 6)] {
            let fault = read(text, 0).unwrap_err();
            assert_eq!((fault.refusal, fault.offset), (ReadRefusal::Toml, offset), "{text}");
        }
    }
}
