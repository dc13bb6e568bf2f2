//! Taking a wrapper off.

use super::scan::{after_comma, dash_of, line_start, next_line};
use super::splice::Splice;
use crate::document::Document;
use crate::file::Syntax;
use crate::site::Site;
use crate::tree::{Layout, List, Map, Member, Node};
use crate::wrapper::Wrapped;

/// The replacements that take a wrapper off; `None` if the arguments are written in a way that we do not write.
pub(super) fn splices(document: &Document, site: &Site<'_>, wrapped: &Wrapped) -> Option<Vec<Splice>> {
    let (bytes, syntax) = (&document.bytes, document.file.syntax);
    match site {
        // The first word is our program, so the original command is one further on.
        Site::Line { list } => Some(vec![first_items(syntax, bytes, list, wrapped.inner)?]),
        Site::Pair { map, command, args } => {
            let args = args.as_ref()?;
            let List { items, .. } = args.node.as_list()?;
            let original = bytes.get(items.get(wrapped.inner)?.span.clone())?;
            let put_back = Splice::replace(command.node.span.clone(), original);
            let is_last = items.len() == wrapped.inner + 1;
            let take = if is_last && !wrapped.had_args {
                member(bytes, map, command, args)?
            } else {
                first_items(syntax, bytes, &args.node, wrapped.inner)
                    .or_else(|| no_items(bytes, args, wrapped.inner))?
            };
            Some(vec![put_back, take])
        }
    }
}

/// Takes the items up to and with one of an index away.
fn first_items(syntax: Syntax, bytes: &[u8], node: &Node, last: usize) -> Option<Splice> {
    let List { items, layout } = node.as_list()?;
    if *layout == Layout::Brackets {
        let end = items.get(last)?.span.end;
        return Some(Splice::delete(node.span.start + 1..after_comma(syntax, bytes, end).unwrap_or(end)));
    }
    let first = dash_of(bytes, items.first()?.span.start)?;
    Some(Splice::delete(first..dash_of(bytes, items.get(last + 1)?.span.start)?))
}

/// Leaves an empty list where one in lines held nothing but our words any more.
fn no_items(bytes: &[u8], args: &Member, last: usize) -> Option<Splice> {
    let List { items, layout } = args.node.as_list()?;
    let colon = args.name_span.end + bytes[args.name_span.end..].iter().position(|&byte| byte == b':')?;
    let is_last = items.len() == last + 1 && *layout == Layout::Lines;
    is_last.then(|| Splice::replace(colon + 1..args.node.span.end, " []"))
}

/// Takes the list of arguments away, which we had added.
fn member(bytes: &[u8], map: &Map, command: &Member, args: &Member) -> Option<Splice> {
    let index = map.members.iter().position(|member| std::ptr::eq(member, args))?;
    let follows_command = index > 0 && std::ptr::eq(&map.members[index - 1], command);
    if map.layout == Layout::Brackets {
        let end = args.node.span.end;
        if follows_command {
            return Some(Splice::delete(command.node.span.end..end));
        }
        return Some(match (map.members.get(index + 1), index.checked_sub(1)) {
            (Some(next), _) => Splice::delete(args.name_span.start..next.name_span.start),
            (None, Some(before)) => Splice::delete(map.members[before].node.span.end..end),
            (None, None) => Splice::delete(args.name_span.start..end),
        });
    }
    // Right behind the command, as we write it: what stood behind the command stands behind the list now.
    if follows_command {
        let between = bytes.get(command.node.span.end..args.name_span.start)?;
        if !between.contains(&b'#') && between.iter().filter(|&&byte| byte == b'\n').count() == 1 {
            return Some(Splice::delete(command.node.span.end..args.node.span.end));
        }
    }
    let begin = line_start(bytes, args.name_span.start);
    Some(Splice::delete(begin..next_line(bytes, args.node.span.end)))
}
