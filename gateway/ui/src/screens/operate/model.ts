/**
 * What the operator's screen is about, by its names in the API's document. The document leaves open
 * what a module says of itself, what was said when one was withdrawn, and what a push answers of
 * both: of these alone the shapes are written here.
 */

import type { components } from '../../api/types';

type Schemas = components['schemas'];

/** Answers may have more than the document says; a screen names nothing of that. */
type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

/** A module that was taken, whether it serves or not. */
export type ModuleInfo = Omit<Named<Schemas['AdminModule']>, 'manifest' | 'withdrawn'> & {
  manifest?: Manifest | null;
  withdrawn?: Withdrawn | null;
};

/** What a module asks for. */
export interface Manifest {
  calls?: string[];
  publishes?: string[];
  config?: boolean;
  timers?: boolean;
  reminders?: boolean;
  plugins?: boolean;
}

export interface Withdrawn {
  at: string;
  by: string;
  why: string;
}

type ListedPlan = Named<Schemas['AdminPlan']>;
/** What serves one type, as a list of them and their events have it: with its type, and since when. */
export type Plan = ListedPlan & Required<Pick<ListedPlan, 'actorType' | 'since'>>;

export type AuditLine = Named<Schemas['AdminAuditLine']>;
export type AuditWhat = AuditLine['what'];

/** What was done in some time. */
export type Counted = Named<Schemas['AdminRecently']>;
export type Timed = Named<Schemas['AdminSinceTrial']>;
/** One module of one type, over the last window. */
export type Rate = Named<Schemas['AdminRate']>;
export type Rates = Named<Schemas['AdminRates']>;

/** One start of one silo. What runs in it is absent while it does not answer. */
export type Silo = Named<Schemas['AdminSilo']>;
export type Stats = Named<Schemas['AdminStats']>;

export type DeadLetter = Named<Schemas['AdminDeadLetter']>;
export type DeadLetterWhole = Named<Schemas['GetAdminDeadLettersIdAnswer']>;

/** What is different between two modules, for those who call them. */
export type Difference = Named<Schemas['GetAdminModulesOldDiffNewAnswer']['changes'][number]>;

/** What came of letting a module take over copies of the states that are there. */
export type DryRun = Omit<Named<Schemas['PostAdminModulesDigestDryRunAnswer']>, 'readBy'> & {
  readBy: string[];
};

export type Actor = Named<Schemas['GetAdminActorsTypeKeyAnswer']>;
export type History = Named<Schemas['GetAdminActorsTypeKeyHistoryAnswer']>;
export type HandledMessage = Named<History['messages'][number]>;
export type StreamPage = Named<Schemas['GetAdminStreamsStreamKeyAnswer']>;

/** How many actors have a state of which layout, and how many of a type are in memory. */
export type States = Named<Schemas['GetAdminTypesTypeStatesAnswer']>;

/** A plugin that is bound to an actor. */
export type Plugin = Named<Schemas['AdminPlugin']>;

/** With what the kitchen that it is bound to says of it. */
export type BoundPlugin = Plugin & { standing?: Schemas['KitchenPluginStatus'] };

/** One line of what a push answers. */
export type PushLine = Partial<
  Named<Schemas['AdminPushStage']> &
    Named<Schemas['AdminPushRefused']> &
    Omit<Named<Schemas['AdminPushed']>, 'module' | 'breaks'>
> & { module?: ModuleInfo; breaks?: string[] };
