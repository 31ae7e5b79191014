import type { Join, Relation, TableAlias } from '../ast/relation.js';
import { callText } from './call.js';
import { expressionListText, expressionText } from './expression.js';
import { matchRecognizeText } from './match-recognize.js';
import { hintsText, queryText } from './query.js';
import { identifierText, nameListText, phrase, qualifiedText } from './text.js';

export function relationText(relation: Relation): string {
  switch (relation.kind) {
    case 'TableRef':
      return phrase(
        qualifiedText(relation.name),
        hintsText(relation.hints),
        relation.systemTime && `FOR SYSTEM_TIME AS OF ${expressionText(relation.systemTime)}`,
        aliasText(relation.alias),
      );
    case 'DerivedTable':
      return phrase(relation.lateral && 'LATERAL', `(${queryText(relation.query)})`, aliasText(relation.alias));
    case 'TableFunction':
      return phrase(relation.lateral && 'LATERAL', `TABLE(${callText(relation.call)})`, aliasText(relation.alias));
    case 'Unnest':
      return phrase(
        `UNNEST(${expressionListText(relation.values)})`,
        relation.ordinality && 'WITH ORDINALITY',
        aliasText(relation.alias),
      );
    case 'Join':
      return joinText(relation);
    case 'MatchRecognize':
      return matchRecognizeText(relation);
  }
}

export function aliasText(alias: TableAlias | undefined): string {
  if (!alias) return '';
  return phrase('AS', identifierText(alias.name), alias.columns.length > 0 && nameListText(alias.columns));
}

/** Joins lean to the left and may be many: they are walked in a loop. */
function joinText(join: Join): string {
  const links: string[] = [];
  let relation: Relation = join;
  let comma = true;
  while (relation.kind === 'Join' && (relation.type !== 'COMMA' || comma)) {
    comma = relation.type === 'COMMA';
    links.push(linkText(relation));
    relation = relation.left;
  }
  links.push(joinedText(relation, !comma));
  return links.reverse().join('');
}

function linkText(join: Join): string {
  if (join.type === 'COMMA')
    return `, ${joinedText(join.right, join.right.kind === 'Join' && join.right.type === 'COMMA')}`;
  return ` ${phrase(
    join.natural && 'NATURAL',
    join.type !== 'INNER' && join.type,
    'JOIN',
    joinedText(join.right, true),
    join.on && `ON ${expressionText(join.on)}`,
    join.using && `USING ${nameListText(join.using)}`,
  )}`;
}

/** Joins under a join stand in parentheses, but for those on its left. */
export function joinedText(relation: Relation, inJoin: boolean): string {
  return relation.kind === 'Join' && inJoin ? `(${relationText(relation)})` : relationText(relation);
}
