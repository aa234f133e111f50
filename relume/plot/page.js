// What answers the pointer and the keys. Without it the page shows its still pictures.
(() => {
  'use strict';

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const faded = (hex, part) => hex + Math.round(part * 255).toString(16).padStart(2, '0');
  const number = value => Number.isFinite(value) ? String(Number(value.toPrecision(6))) : 'none';

  // A dashed vertical line with its name: the best epoch.
  const mark = {
    id: 'mark',
    afterDatasetsDraw(chart, _, { x, name }) {
      const { ctx, chartArea: { top, bottom, left, right }, scales } = chart;
      const at = scales.x.getPixelForValue(x);
      if (!(at >= left && at <= right)) return;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = colour('--quiet');
      ctx.setLineDash([4, 4]);
      ctx.beginPath();
      ctx.moveTo(at, top);
      ctx.lineTo(at, bottom);
      ctx.stroke();
      ctx.textAlign = at > right - 40 ? 'right' : 'left';
      ctx.font = '12px system-ui, sans-serif';
      ctx.fillText(name, at + (at > right - 40 ? -5 : 5), top + 12);
      ctx.restore();
    },
  };

  const placeOf = (line, i) => line.place ?? i;
  const lineColour = (line, i) => line.colour || colour(`--c${placeOf(line, i) % 8}`);
  const dashes = [[], [10, 3], [5, 3], [2, 2], [10, 3, 2, 3], [5, 2, 2, 2], [10, 2, 2, 2, 2, 2], [2, 4]]; // page.css has them too

  function datasetsOf(chart) {
    let x = [];
    const few = chart.lines.length <= 8 && chart.lines.every(line => line.y.length <= 40);
    return chart.lines.map((line, i) => {
      x = line.x || x;
      return {
        label: line.name,
        data: line.y.map((y, k) => ({ x: x[k], y })),
        showLine: !line.points,
        // Functions lie on each other: the lower ones look out.
        borderWidth: line.width ?? (chart.zero ? 2 + 0.3 * (chart.lines.length - 1 - i) : 2),
        order: chart.zero ? -i : 0,
        borderDash: line.colour ? [] : dashes[placeOf(line, i) % 8],
        pointRadius: line.points ? 2.5 : few ? 2 : 0,
        pointHitRadius: 6,
        pointHoverRadius: 5,
      };
    });
  }

  function paint(chart, description) {
    chart.data.datasets.forEach((set, i) => {
      const main = lineColour(description.lines[i], i);
      set.borderColor = main;
      set.backgroundColor = set.pointBackgroundColor = description.lines[i].points ? faded(main, 0.6) : main;
      if (description.lines[i].points) set.pointBorderWidth = 0;
    });
    const { x, y } = chart.options.scales, { title, legend, tooltip } = chart.options.plugins;
    for (const scale of [x, y]) {
      scale.ticks.color = scale.title.color = colour('--quiet');
      scale.grid.color = colour('--line');
      scale.grid.borderColor = colour('--quiet');
    }
    title.color = colour('--text');
    legend.labels.color = colour('--quiet');
    Object.assign(tooltip, {
      backgroundColor: colour('--card'), titleColor: colour('--text'), bodyColor: colour('--text'),
      borderColor: colour('--quiet'), borderWidth: 1,
    });
  }

  function optionsOf(chart) {
    const many = chart.lines.length > 8, scatter = chart.lines.some(line => line.points);
    const whole = chart.lines.every(line => !line.x || line.x.every(Number.isInteger));
    const tick = value =>
      (chart.logarithmic && Math.abs(Math.log10(value) % 1) > 1e-9) || (chart.zero && value === 0) ? '' : number(value);
    const values = chart.lines.flatMap(line => line.y).filter(y => y !== null);
    const level = !chart.logarithmic && values.every(y => y === values[0] && y >= 0); // a line without ups and downs stands on 0
    const ends = line => !many || line === 0 || line === chart.lines.length - 1;
    return {
      animation: false,
      maintainAspectRatio: false,
      locale: 'en',
      interaction: scatter || many ? { mode: 'nearest', intersect: false } : { mode: 'nearest', axis: 'x', intersect: false },
      scales: {
        x: {
          type: 'linear', bounds: whole ? 'data' : 'ticks', grid: { drawOnChartArea: false },
          title: { display: !!chart.x, text: chart.x },
          ticks: { maxRotation: 0, autoSkipPadding: 10, callback: number, ...(whole ? { precision: 0 } : {}) },
          ...(chart.zero ? { position: { y: 0 } } : {}),
        },
        y: {
          type: chart.logarithmic ? 'logarithmic' : 'linear', grid: {},
          title: { display: !!chart.y, text: chart.y },
          ticks: { maxTicksLimit: 7, callback: tick, includeBounds: !chart.range },
          ...(level ? { min: 0 } : {}),
          ...(chart.range ? { min: chart.range[0], max: chart.range[1] } : {}),
          ...(chart.zero ? { position: { x: 0 } } : {}),
        },
      },
      plugins: {
        title: { display: !!chart.title, text: chart.title, align: 'start', font: { size: 14, weight: 600 } },
        legend: {
          display: chart.lines.length > 1, reverse: chart.zero, position: 'top', align: 'start',
          labels: { boxWidth: 18, boxHeight: 2, filter: item => !chart.lines[0].colour || ends(item.datasetIndex) },
        },
        tooltip: {
          itemSort: (a, b) => a.datasetIndex - b.datasetIndex,
          callbacks: {
            title: items => items.length ? `${chart.x || 'x'} ${number(items[0].parsed.x)}` : '',
            label: item => `${item.dataset.label || chart.title}: ${number(item.parsed.y)}`,
          },
        },
        ...(chart.mark ? { mark: chart.mark } : { mark: false }),
      },
    };
  }

  // The arrow keys move through the points of a chart that has the focus.
  function listen(canvas, chart) {
    let at = -1;
    canvas.addEventListener('keydown', event => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
      if (!step && event.key !== 'Escape') return;
      const last = Math.max(...chart.data.datasets.map(set => set.data.length)) - 1;
      at = step ? Math.min(Math.max(at + step, 0), last) : -1;
      const active = chart.data.datasets.flatMap((set, datasetIndex) =>
        at >= 0 && at < set.data.length && chart.isDatasetVisible(datasetIndex) ? [{ datasetIndex, index: at }] : []);
      chart.setActiveElements(active);
      chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
      chart.update();
      event.preventDefault();
    });
    canvas.addEventListener('blur', () => { at = -1; });
  }

  const charts = [];

  function draw(figure) {
    const data = figure.querySelector('script');
    if (!data || !window.Chart) return;
    const description = JSON.parse(data.textContent), plot = document.createElement('div');
    const canvas = document.createElement('canvas');
    plot.className = 'plot';
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', description.title || 'chart');
    plot.append(canvas);
    figure.append(plot);
    figure.classList.add('drawn');
    const chart = new Chart(canvas, {
      type: 'line', data: { datasets: datasetsOf(description) }, options: optionsOf(description), plugins: [mark],
    });
    charts.push([chart, description]);
    paint(chart, description);
    chart.update();
    listen(canvas, chart);
  }

  // A picture of many squares or bars names the one under the pointer, or the one that the arrow keys have reached.
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.setAttribute('role', 'status');
  tip.hidden = true;
  document.body.append(tip);

  function nameParts(picture) {
    const parts = [...picture.querySelectorAll('rect')];
    for (const part of parts) {
      const title = part.querySelector('title');
      part.dataset.tip = title.textContent;
      title.remove(); // the browser's own tip would come on top
    }
    let at = -1;
    const show = index => {
      parts[at]?.classList.remove('at');
      at = index;
      const part = parts[at];
      tip.hidden = !part;
      if (!part) return;
      part.classList.add('at');
      tip.textContent = part.dataset.tip;
      const box = part.getBoundingClientRect(), wide = document.documentElement.clientWidth;
      tip.style.left = `${Math.max(4, Math.min(box.left, wide - tip.offsetWidth - 4))}px`;
      tip.style.top = `${box.top - tip.offsetHeight - 4 < 0 ? box.bottom + 4 : box.top - tip.offsetHeight - 4}px`;
    };
    const down = picture.classList.contains('bars') ? 1 : 32; // squares in a row
    picture.setAttribute('tabindex', '0');
    picture.addEventListener('pointermove', event => show(parts.indexOf(event.target.closest('rect'))));
    picture.addEventListener('pointerleave', () => show(-1));
    picture.addEventListener('blur', () => show(-1));
    picture.addEventListener('keydown', event => {
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: down, ArrowUp: -down }[event.key];
      if (event.key === 'Escape') show(-1);
      if (!step) return;
      show(Math.min(Math.max(at + step, 0), parts.length - 1));
      event.preventDefault();
    });
  }

  document.querySelectorAll('figure.chart').forEach(draw);
  document.querySelectorAll('.map').forEach(nameParts);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const [chart, description] of charts) {
      paint(chart, description);
      chart.update();
    }
  });
})();
