//! Small sets of things that have a number in stored rows and a name for people: declared once, with both ways back.

/// Declares an enum with the number and the name of each of its variants.
macro_rules! named_numbers {
    ($($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $name:ident = $code:literal, $text:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$variant_doc])* $name,)* }

        impl $type {
            /// Each of them.
            pub const ALL: &'static [$type] = &[$($type::$name,)*];

            /// The number in stored rows.
            pub const fn code(self) -> u8 {
                match self { $($type::$name => $code,)* }
            }

            /// The one with this number.
            pub const fn from_code(code: u8) -> Option<$type> {
                match code { $($code => Some($type::$name),)* _ => None }
            }

            /// The name in calls and commands.
            pub const fn name(self) -> &'static str {
                match self { $($type::$name => $text,)* }
            }

            /// The one with this name.
            pub fn from_name(name: &str) -> Option<$type> {
                match name { $($text => Some($type::$name),)* _ => None }
            }
        }
    )*};
}
pub(crate) use named_numbers;
