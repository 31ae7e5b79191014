import type { AlterCatalog, AlterDatabase, AlterFunction, AlterModel, AlterTable, AlterView } from './alter.js';
import type {
  Describe,
  DescribeJob,
  Drop,
  Explain,
  ResetCommand,
  SetCommand,
  Show,
  ShowCreate,
  StopJob,
  Use,
} from './command.js';
import type { CreateCatalog, CreateDatabase, CreateFunction, CreateModel, CreateView } from './create-object.js';
import type { CreateTable } from './create-table.js';
import type { Delete, Insert, StatementSet, Truncate, Update } from './insert.js';
import type { Query } from './query.js';

/** Anything that ends with a semicolon in a script. */
export type Statement =
  | Query
  | Insert
  | StatementSet
  | Delete
  | Update
  | Truncate
  | CreateTable
  | CreateView
  | CreateDatabase
  | CreateCatalog
  | CreateFunction
  | CreateModel
  | AlterTable
  | AlterView
  | AlterDatabase
  | AlterCatalog
  | AlterFunction
  | AlterModel
  | Drop
  | Describe
  | DescribeJob
  | StopJob
  | Show
  | ShowCreate
  | Use
  | SetCommand
  | ResetCommand
  | Explain;
