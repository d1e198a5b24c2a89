//! Charts as inline SVG: lines over days, and bars. Colours come from a small palette, so that the stylesheet can
//! replace each of them in dark mode. The picture has no inline styles.

use charts_rs::{Color, HorizontalBarChart, LineChart, Series, Symbol};

/// The colours of the lines, in order. `assets/chart.css` has the colours for dark mode.
pub const SERIES: [(u8, u8, u8); 4] = [(10, 125, 67), (27, 95, 168), (138, 75, 0), (122, 62, 157)];
/// The colour of the previous period, which is drawn with dashes.
pub const BEFORE: (u8, u8, u8) = (131, 139, 147);
/// The colour of text and axes.
const INK: (u8, u8, u8) = (91, 99, 107);
/// The colour of the grid.
const GRID: (u8, u8, u8) = (213, 217, 221);
/// The colour of the background.
const GROUND: (u8, u8, u8) = (255, 255, 255);

/// A line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub name: String,
    /// A value for each label; `None` if there is no value.
    pub values: Vec<Option<i64>>,
    /// Whether the line shows the previous period: it is grey and dashed.
    pub before: bool,
}

/// A chart of lines over labels, such as days. `title` is the text for screen readers.
pub fn lines(title: &str, labels: &[String], lines: &[Line]) -> String {
    let mut chart = LineChart::new_with_theme(Vec::new(), labels.to_vec(), "light");
    let mut colors = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut series = Series { name: line.name.clone(), index: Some(at), ..Series::default() };
        series.data = line.values.iter().map(|value| value.map(|value| value as f32)).collect();
        series.symbol = (line.values.len() > 1).then_some(Symbol::None);
        series.stroke_dash_array = line.before.then(|| "5,4".to_owned());
        chart.series_list.push(series);
        let solid = colors.iter().filter(|color| **color != Color::from(BEFORE)).count();
        colors.push(Color::from(if line.before { BEFORE } else { SERIES[solid % SERIES.len()] }));
    }
    chart.series.colors = colors;
    chart.width = 760.0;
    chart.height = 260.0;
    chart.background_color = GROUND.into();
    chart.grid.stroke_color = GRID.into();
    chart.x_axis.stroke_color = INK.into();
    chart.x_axis.font.color = INK.into();
    chart.legend.show = Some(false);
    for axis in &mut chart.y_axis_configs {
        axis.font.color = INK.into();
    }
    format!("{}{}", legend(lines), framed(title, &chart.svg().unwrap_or_default()))
}

/// The legend, which is outside of the drawing. The library assumes too small a width for Chinese text, so it cannot
/// place such texts in a row.
fn legend(lines: &[Line]) -> String {
    let mut solid = 0;
    let entries: String = lines
        .iter()
        .map(|line| {
            let class =
                if line.before { "before".to_owned() } else { format!("series{}", solid % SERIES.len()) };
            solid += usize::from(!line.before);
            format!("<li><span class=\"{class}\" aria-hidden=\"true\"></span>{}</li>", escaped(&line.name))
        })
        .collect();
    format!("<ul class=\"legend\">{entries}</ul>")
}

/// The label with invisible spaces before it. The library assumes half the real width for a Chinese character, and
/// without the spaces the label would overlap the bars.
fn padded(label: &str) -> String {
    let wide = label.chars().filter(|c| !c.is_ascii()).count();
    format!("{}{label}", " ".repeat(3 * wide))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A chart with a bar for each label; the first bar is on top.
pub fn bars(title: &str, name: &str, bars: &[(String, i64)]) -> String {
    let values: Vec<Option<f32>> = bars.iter().rev().map(|(_, value)| Some(*value as f32)).collect();
    let labels: Vec<String> = bars.iter().rev().map(|(label, _)| padded(label)).collect();
    let series = Series { name: name.to_owned(), data: values, label_show: true, ..Series::default() };
    let mut chart = HorizontalBarChart::new_with_theme(vec![series], labels, "light");
    chart.series.colors = vec![SERIES[0].into()];
    chart.width = 760.0;
    chart.height = 60.0 + 40.0 * bars.len() as f32;
    chart.background_color = GROUND.into();
    chart.grid.stroke_color = GRID.into();
    chart.x_axis.stroke_color = INK.into();
    chart.x_axis.font.color = INK.into();
    chart.series.label.font.color = INK.into();
    chart.legend.show = Some(false);
    // The library writes the value behind the bar and does not count its width.
    let widest = bars.iter().map(|(_, value)| value.abs()).max().unwrap_or(0).to_string().len();
    chart.margin.right = 30.0 + 10.0 * widest as f32;
    chart.series.label.formatter = "{t}".to_owned();
    for axis in &mut chart.y_axis_configs {
        axis.font.color = INK.into();
    }
    framed(title, &chart.svg().unwrap_or_default())
}

/// The drawing with a title, and without a fixed size, so that it adapts to the page.
fn framed(title: &str, svg: &str) -> String {
    let title = escaped(title);
    let inner = svg.split_once('>').map_or("", |(_, inner)| inner);
    let view =
        svg.split("viewBox=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("0 0 760 260");
    format!(
        "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{view}\" role=\"img\" \
         aria-label=\"{title}\">{inner}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn line(name: &str, values: Vec<Option<i64>>, before: bool) -> Line {
        Line { name: name.to_owned(), values, before }
    }

    /// The colours in a drawing.
    fn colors(svg: &str) -> BTreeSet<String> {
        ["fill=\"#", "stroke=\"#"]
            .iter()
            .flat_map(|start| svg.split(start).skip(1))
            .map(|rest| rest.split('"').next().unwrap().to_uppercase())
            .collect()
    }

    #[test]
    fn charts_use_the_colours_the_stylesheet_knows_and_no_style_of_their_own() {
        let css = include_str!("../../assets/chart.css").to_uppercase();
        let days: Vec<String> = (1..=62).map(|day| format!("03-{day:02}")).collect();
        let values: Vec<Option<i64>> = (0..62).map(|n| (n % 7 != 3).then_some(n * 1_000_000_000)).collect();
        let drawn = [
            lines("领取 & <b>", &days, &[line("领取", values.clone(), false), line("之前", values, true)]),
            bars("top", "v", &[("双人下午茶套餐（周末通用）".to_owned(), 5), ("b".to_owned(), 0)]),
        ];
        for svg in drawn {
            assert!(!svg.contains("style") && !svg.contains("NaN") && !svg.contains("<b>"), "{svg}");
            for color in colors(&svg) {
                assert!(css.contains(&format!("\"#{color}\"")), "{color} is not in chart.css");
            }
        }
    }

    #[test]
    fn a_name_is_a_text_and_never_a_part_of_the_page() {
        let name = "<img src=x>&\"";
        let drawn = [
            bars(name, name, &[(name.to_owned(), 1)]),
            lines(name, &[name.to_owned()], &[line(name, vec![Some(1)], false)]),
        ];
        for svg in drawn {
            assert!(!svg.contains("<img") && svg.contains("&lt;img"), "{svg}");
        }
    }

    #[test]
    fn the_value_of_the_longest_bar_fits_into_the_drawing() {
        let svg = bars("t", "n", &[("a".to_owned(), 22_479), ("b".to_owned(), 2_999)]);
        for value in ["22,479", "2,999"] {
            let before = &svg[..svg.find(value).expect("the value")];
            let x: f32 = before.rsplit(" x=\"").next().unwrap().split('"').next().unwrap().parse().unwrap();
            assert!(x + 9.0 * value.len() as f32 <= 760.0, "{value} at {x}: {svg}");
        }
    }

    #[test]
    fn charts_of_no_days_and_of_zeros_are_drawn() {
        assert!(lines("t", &[], &[]).ends_with("</svg>"));
        let one = lines("t", &["03-01".to_owned()], &[line("a", vec![Some(0)], false)]);
        assert!(one.contains("03-01") && one.ends_with("</svg>"), "{one}");
        assert!(bars("t", "n", &[]).starts_with("<svg"));
    }
}
