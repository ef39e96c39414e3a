// Latency over time on a logarithmic axis: dots for updates, a line for the median, a dashed one for p99.

const SPAN = 60_000;
const LOWEST = 0.1;
const LABELS = new Map([
  [0.1, "0.1 ms"],
  [1, "1 ms"],
  [10, "10 ms"],
  [100, "100 ms"],
  [1000, "1 s"],
  [10_000, "10 s"],
  [100_000, "100 s"],
]);
const LEFT = 46;
const RIGHT = 6;
const TOP = 8;
const BOTTOM = 18;

/** What all latencies stay below: twice a power of ten, and at least two seconds, so that the axis is at rest. */
export function highest(all, now) {
  let most = 2000;
  for (const latencies of all) {
    for (const ring of [latencies.dots, latencies.p99s]) {
      ring.since(now - SPAN, (_, value) => {
        if (value > most) most = value;
      });
    }
  }
  return 2 * 10 ** Math.ceil(Math.log10(most / 2));
}

/** Draws `latencies` until `now`; leaves in `data-` attributes how much there was to draw. */
export function drawLatency(canvas, latencies, now, top) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (width === 0) return;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const style = getComputedStyle(canvas);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);

  const decades = Math.log10(top / LOWEST);
  const x = (time) => LEFT + (width - LEFT - RIGHT) * (1 - (now - time) / SPAN);
  const y = (value) => {
    const part = Math.log10(Math.max(value, LOWEST) / LOWEST) / decades;
    return TOP + (height - TOP - BOTTOM) * (1 - Math.min(part, 1));
  };

  axes(context, { width, height, x, y, now, top, style });
  context.save();
  context.beginPath();
  context.rect(LEFT, 0, width - LEFT, height);
  context.clip();
  context.fillStyle = context.strokeStyle = style.color;
  const dots = drawDots(context, latencies.dots, now, x, y);
  const p99 = drawLine(context, latencies.p99s, now, x, y, { width: 1.25, dash: [3, 3] });
  const points = drawLine(context, latencies.medians, now, x, y, { width: 2, dash: [] });
  context.restore();
  Object.assign(canvas.dataset, { points, p99Points: p99, dots });
}

function axes(context, { width, height, x, y, now, top, style }) {
  context.font = `11px ${style.fontFamily}`;
  context.fillStyle = style.getPropertyValue("--faint");
  context.strokeStyle = style.getPropertyValue("--line");
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (let value = LOWEST; value <= top; value *= 10) {
    const line = Math.round(y(value)) + 0.5;
    context.beginPath();
    context.moveTo(LEFT, line);
    context.lineTo(width - RIGHT, line);
    context.stroke();
    // 0.1 becomes no round number by multiplication.
    context.fillText(LABELS.get(Number(value.toPrecision(1))) ?? "", LEFT - 6, line);
  }
  context.textBaseline = "bottom";
  context.textAlign = "left";
  context.fillText("60 s ago", x(now - SPAN), height);
  context.textAlign = "right";
  context.fillText("now", width - RIGHT, height);
}

function drawDots(context, ring, now, x, y) {
  let count = 0;
  context.globalAlpha = 0.4;
  ring.since(now - SPAN, (time, value) => {
    context.fillRect(x(time) - 1, y(value) - 1, 2, 2);
    count += 1;
  });
  context.globalAlpha = 1;
  return count;
}

function drawLine(context, ring, now, x, y, { width, dash }) {
  let count = 0;
  let broken = true;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  ring.since(now - SPAN - 1000, (time, value) => {
    if (Number.isNaN(value)) {
      broken = true;
      return;
    }
    if (broken) context.moveTo(x(time), y(value));
    else context.lineTo(x(time), y(value));
    broken = false;
    count += 1;
  });
  context.stroke();
  context.setLineDash([]);
  return count;
}
