// SPDX-License-Identifier: GPL-2.0-only
// Grafana's own types of a dashboard, put together as atcq's dashboards use them: what the
// schema leaves open (options and queries of a kind of panel) is closed here, so that a field
// that does not exist is an error.
import type { AnnotationQuery, Dashboard, DataQuery, FieldConfigSource, GraphFieldConfig, Panel, RowPanel } from "@grafana/schema";
import type * as Heatmap from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen.d.ts";
import type * as Stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts";
import type * as States from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.d.ts";
import type * as Table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.d.ts";
import type * as Lines from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts";

// What a literal of JSON may be: of an enum its values
type Plain<T> =
	T extends string ? `${T}` :
	T extends number | boolean | null | undefined ? T :
	T extends (infer U)[] ? Plain<U>[] :
	T extends object ? { [K in keyof T]: Plain<T[K]> } : T;

// Prometheus' part of a query: the schema has none
interface Query extends DataQuery {
	expr: string;
	legendFormat?: string;
	format?: "time_series" | "table" | "heatmap";
	instant?: boolean;
	exemplar?: boolean;
	interval?: string;
}
interface Note extends Omit<AnnotationQuery, "target"> {
	target: Query;
	titleFormat: string;
}

// Unit, description and what to show when there is nothing: none may lack
type Fields<F> = Omit<FieldConfigSource, "defaults"> & {
	defaults: Omit<FieldConfigSource["defaults"], "custom"> & { unit: string; noValue: string; custom?: Partial<F> };
};
type Of<Kind extends string, Options, F = Record<string, never>> =
	Omit<Panel, "type" | "options" | "targets" | "fieldConfig"> & {
		type: Kind;
		title: string;
		description: string;
		options: Partial<Options>;
		targets: Query[];
		fieldConfig: Fields<F>;
	};
type AnyPanel = RowPanel | Of<"stat", Stat.Options> | Of<"table", Table.Options> |
	Of<"timeseries", Lines.Options, GraphFieldConfig> | Of<"heatmap", Heatmap.Options> |
	Of<"state-timeline", States.Options, States.FieldConfig>;

export type Ours = Plain<Omit<Dashboard, "panels" | "annotations"> & {
	panels: AnyPanel[];
	annotations: { list: Note[] };
}>;
