import { REPORT_MIME } from "../report.js";
import { reportCodec } from "./report-codec.js";

/** The JSON Schema of an encoded report, as `report.schema.json` holds it. */
export const reportSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:normstream:report:1",
  title: "Normstream report",
  description: `What ${REPORT_MIME} holds. Arrays of more than 16 numbers are base64 of little-endian values.`,
  ...reportCodec.schema,
};
