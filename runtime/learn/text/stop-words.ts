/** Function words that carry little meaning of their own; lower case. */
const english =
  'a about above after again against all also am an and any are as at be because been before being below between both but ' +
  'by can could did do does doing down during each few for from further had has have having he her here hers herself him ' +
  'himself his how i if in into is it its itself just me more most my myself no nor not now of off on once only or other ' +
  'our ours ourselves out over own same she should so some such than that the their theirs them themselves then there ' +
  'these they this those through to too under until up very was we were what when where which while who whom why will ' +
  'with would you your yours yourself yourselves';

const chinese =
  '的 了 和 是 在 我 有 他 这 中 上 也 你 不 就 都 而 及 与 着 或 一个 没有 我们 你们 他们 她们 它们 它 她 是否 自己 这个 那个 这些 那些 ' +
  '这样 那样 之 以 于 并 但 但是 因为 所以 如果 虽然 而且 然后 还 还是 又 很 被 把 给 对 从 到 向 由 让 得 地 吗 呢 吧 啊 呀 哦 什么 怎么 ' +
  '为什么 哪 哪里 谁 几 多少 会 能 可以 要 将 已 已经 正在 再 更 最 每 各 其 其他 此 该 某 等 等等';

export const STOP_WORDS: { readonly english: readonly string[]; readonly chinese: readonly string[] } = {
  english: english.split(' '),
  chinese: chinese.split(' '),
};
