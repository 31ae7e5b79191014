import { describe, expect, test } from '@jest/globals';
import { create, createPipeline, type Spec } from '../../../runtime/learn/catalog.js';
import { tokenizer } from '../../../runtime/learn/text/tokenizer.js';
import { copyOf, expectClose, expected } from './oracle.js';

const said = expected('text');
const texts: string[] = said.texts;

function compare(made: Record<string, number>, wanted: Record<string, number>, what: string): void {
  expect(Object.keys(made).sort()).toEqual(Object.keys(wanted).sort());
  for (const token in wanted) expectClose(made[token], wanted[token], 1e-9, `${what}: ${token}`);
}

describe('text by text as River', () => {
  test.each([
    ['bag', { type: 'BagOfWords', method: 'hyphen' }],
    ['bag_raw', { type: 'BagOfWords', method: 'hyphen', lowercase: false, strip_accents: false }],
    ['bigrams', { type: 'BagOfWords', method: 'hyphen', ngram_range: [1, 2], stop_words: ['the', 'of'] }],
    ['tfidf', { type: 'TFIDF', method: 'hyphen' }],
  ] as [string, Spec][])('%s', (name, spec) => {
    let step = create(spec);
    const chosen = name === 'tfidf' ? texts.filter((text) => text) : texts;
    chosen.forEach((text, i) => {
      step.learnOne(text);
      compare(step.transformOne(text), said.river[name][i], `text ${i}`);
      if (i === 4) step = copyOf(step);
    });
  });
});

describe('all texts as scikit-learn', () => {
  test.each([
    ['count', { type: 'CountVectorizer' }],
    ['count_min_df', { type: 'CountVectorizer', min_df: 2, max_df: 0.3, binary: true }],
    ['trigrams', { type: 'CountVectorizer', ngram_range: [2, 3], strip_accents: false }],
    ['tfidf', { type: 'TFIDF' }],
    ['tfidf_sublinear', { type: 'TFIDF', sublinear_tf: true, strip_accents: false }],
  ] as [string, Spec][])('%s', (name, spec) => {
    let step = create(spec);
    if (step.fit) step.fit(texts);
    else for (const text of texts) step.learnOne(text);
    step = copyOf(step);
    texts.forEach((text, i) => {
      compare(step.transformOne(text), said.sklearn[name][i], `text ${i}`);
    });
  });

  test('a bounded vocabulary keeps the most frequent tokens', () => {
    const step = create({ type: 'CountVectorizer', max_features: 3 }).fit(texts);
    expect(step.vocabulary).toEqual(['data', 'river', 'the']);
    expect(step.transformOne('The data of the river and the sea')).toEqual({ the: 3, data: 1, river: 1 });
  });
});

describe('tokens', () => {
  test('Chinese is cut into words by the rules of the language, and its stop words are known', () => {
    expect(tokenizer({ method: 'segment', locale: 'zh' })('我爱北京天安门。')).toEqual(['我', '爱', '北京', '天安门']);
    const words = tokenizer({ method: 'segment', locale: 'zh', stopWords: 'chinese' })('这是我们的数据');
    expect(words).toEqual(['数据']);
  });

  test('Japanese and German by segments, with numbers', () => {
    expect(tokenizer({ method: 'segment', locale: 'de' })('Das kostet 4,50 €, oder?')).toEqual([
      'das',
      'kostet',
      '4,50',
      'oder',
    ]);
    expect(tokenizer({ method: 'segment', locale: 'ja' })('東京に行く').length).toBeGreaterThan(1);
  });

  test('English stop words, least lengths, white space, characters and patterns', () => {
    expect(tokenizer({ stopWords: 'english' })('The wheel of the mill is turning')).toEqual([
      'wheel',
      'mill',
      'turning',
    ]);
    expect(tokenizer({ minLength: 4 })('one three five seven')).toEqual(['three', 'five', 'seven']);
    expect(tokenizer({ method: 'whitespace' })(' a-b  c,d ')).toEqual(['a-b', 'c,d']);
    expect(tokenizer({ method: 'character' })('a b我')).toEqual(['a', 'b', '我']);
    expect(tokenizer({ pattern: '#(\\w+)' })('on #one and #two')).toEqual(['one', 'two']);
    expect(() => tokenizer({ pattern: '(' })).toThrow('no regular expression');
    expect(() => tokenizer({ method: 'magic' as 'word' })).toThrow('method must be');
  });
});

test('a text pipeline tells spam from ham, and its copy goes on the same', () => {
  const model = createPipeline([{ type: 'TFIDF', on: 'text', ngram_range: [1, 2] }, 'MultinomialNB']);
  const spam = ['win money now', 'cheap money offer', 'win a cheap prize now', 'free offer, win'];
  const ham = ['see you at lunch', 'the meeting is at noon', 'lunch at noon?', 'notes of the meeting'];
  for (let i = 0; i < 4; i++) {
    model.learnOne({ text: spam[i] } as any, 'spam');
    model.learnOne({ text: ham[i] } as any, 'ham');
  }
  const copy = copyOf(model);
  for (const [text, label] of [
    ['free money', 'spam'],
    ['meeting at lunch', 'ham'],
  ]) {
    expect(model.predictOne({ text } as any)).toBe(label);
    expect(copy.predictProbaOne({ text } as any)).toEqual(model.predictProbaOne({ text } as any));
  }
  expect(() => model.predictOne({ text: 5 } as any)).toThrow('column text holds a number');
});
