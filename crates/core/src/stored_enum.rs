//! Enums that are stored as numbers. Each enum is declared once, with its numbers and names.

/// Declares enums with the number of each variant in stored rows, and with up to two texts. Assigned numbers never
/// change. `enum Kind, name from_name { Plain = 1, "plain"; }` also defines `Kind::name` and `Kind::from_name`.
#[macro_export]
macro_rules! stored_enum {
    // Defines a function with this name that returns the text of a variant.
    (@text $type:ident $text:ident { $($name:ident $value:literal,)* }) => {
        impl $type {
            /// The text of the variant.
            pub const fn $text(self) -> &'static str {
                match self { $($type::$name => $value,)* }
            }
        }
    };
    // Defines a function that finds a variant by its text.
    (@from $type:ident $from:ident { $($name:ident $value:literal,)* }) => {
        impl $type {
            /// The variant with this text.
            pub fn $from(text: &str) -> Option<$type> {
                match text { $($value => Some($type::$name),)* _ => None }
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis enum $type:ident { $($(#[$doc:meta])* $name:ident = $number:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $type { $($(#[$doc])* $name,)* }

        #[allow(dead_code, reason = "not every enum is listed or read back")]
        impl $type {
            /// All variants.
            pub const ALL: &'static [$type] = &[$($type::$name,)*];

            /// The number in stored rows.
            pub const fn number(self) -> u8 {
                match self { $($type::$name => $number,)* }
            }

            /// The variant with this number.
            pub const fn from_number(number: u8) -> Option<$type> {
                match number { $($number => Some($type::$name),)* _ => None }
            }
        }
    };
    (
        $(#[$meta:meta])*
        $vis:vis enum $type:ident, $text:ident $($from:ident)?
        { $($(#[$doc:meta])* $name:ident = $number:literal, $value:literal;)* }
    ) => {
        $crate::stored_enum! { $(#[$meta])* $vis enum $type { $($(#[$doc])* $name = $number;)* } }
        $crate::stored_enum! { @text $type $text { $($name $value,)* } }
        $crate::stored_enum! { @from $type [$($from)?] { $($name $value,)* } }
    };
    (@from $type:ident [] $texts:tt) => {};
    (@from $type:ident [$from:ident] $texts:tt) => { $crate::stored_enum! { @from $type $from $texts } };
    (
        $(#[$meta:meta])*
        $vis:vis enum $type:ident, $text:ident, $text2:ident
        { $($(#[$doc:meta])* $name:ident = $number:literal, $value:literal, $value2:literal;)* }
    ) => {
        $crate::stored_enum! { $(#[$meta])* $vis enum $type { $($(#[$doc])* $name = $number;)* } }
        $crate::stored_enum! { @text $type $text { $($name $value,)* } }
        $crate::stored_enum! { @text $type $text2 { $($name $value2,)* } }
    };
}

#[cfg(test)]
mod tests {
    use crate::card::{CardStatus, CardType, Source};
    use crate::code::{CodeState, Origin};
    use crate::engine::RecordKind;
    use crate::event::EventKind;

    fn leads_back<T: Copy + PartialEq>(all: &[T], number: fn(T) -> u8, from: fn(u8) -> Option<T>) {
        for kind in all {
            assert!(from(number(*kind)) == Some(*kind));
        }
        assert!(from(u8::MAX).is_none());
    }

    #[test]
    fn every_enum_value_is_found_by_its_number() {
        leads_back(EventKind::ALL, EventKind::number, EventKind::from_number);
        leads_back(RecordKind::ALL, RecordKind::number, RecordKind::from_number);
        leads_back(CardType::ALL, CardType::number, CardType::from_number);
        leads_back(CardStatus::ALL, CardStatus::number, CardStatus::from_number);
        leads_back(CodeState::ALL, CodeState::number, CodeState::from_number);
        leads_back(Origin::ALL, Origin::number, Origin::from_number);
        leads_back(Source::ALL, Source::number, Source::from_number);
        assert_eq!((CodeState::from_number(0), EventKind::from_number(0)), (None, None));
    }
}
