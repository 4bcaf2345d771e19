import { expect, test } from "vitest";
import { createHistogram } from "./histogram.ts";

test("renders cumulative buckets, sum and count of each series", () => {
  const histogram = createHistogram({ name: "h", help: "Help.", labels: ["route", "status"] });
  histogram.of("/a", "200").observe(0.002);
  histogram.of("/a", "200").observe(0.2);
  histogram.of("/a", "500").observe(100);
  const lines = histogram.render().split("\n");
  expect(lines.slice(0, 2)).toEqual(["# HELP h Help.", "# TYPE h histogram"]);
  expect(lines).toContain('h_bucket{route="/a",status="200",le="0.001"} 0');
  expect(lines).toContain('h_bucket{route="/a",status="200",le="0.0025"} 1');
  expect(lines).toContain('h_bucket{route="/a",status="200",le="0.25"} 2');
  expect(lines).toContain('h_bucket{route="/a",status="200",le="+Inf"} 2');
  expect(lines).toContain('h_count{route="/a",status="200"} 2');
  expect(lines).toContain('h_bucket{route="/a",status="500",le="30"} 0');
  expect(lines).toContain('h_bucket{route="/a",status="500",le="+Inf"} 1');
});

test("bounds the number of series, and escapes label values", () => {
  const histogram = createHistogram({ name: "h", help: "Help.", labels: ["l"] });
  histogram.of('a"\\\n').observe(1);
  expect(histogram.render()).toContain('h_count{l="a\\"\\\\\\n"} 1');
  for (let i = 0; i < 6_000; i += 1) histogram.of(`v${i}`).observe(1);
  expect(histogram.render().match(/_count/g)?.length).toBeLessThanOrEqual(5_001);
  expect(histogram.render()).toContain('h_count{l="other"} 1001');
});
