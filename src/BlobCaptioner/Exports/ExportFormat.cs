using System.Text.Json.Serialization;

namespace BlobCaptioner.Exports;

/// <summary>What an export is for.</summary>
public enum ExportFormat
{
    /// <summary>One record a line, edits applied: for programs.</summary>
    [JsonStringEnumMemberName("jsonl")]
    Jsonl,

    /// <summary>One row a picture or product, in one language: for spreadsheets.</summary>
    [JsonStringEnumMemberName("csv")]
    Csv,

    /// <summary>Shopify's product CSV.</summary>
    [JsonStringEnumMemberName("shopify")]
    Shopify,

    /// <summary>Google Merchant Center's product feed, RSS 2.0.</summary>
    [JsonStringEnumMemberName("google")]
    Google,

    /// <summary>WooCommerce's product CSV.</summary>
    [JsonStringEnumMemberName("woocommerce")]
    WooCommerce,

    /// <summary>Amazon's flat file, tab-separated.</summary>
    [JsonStringEnumMemberName("amazon")]
    Amazon,

    /// <summary>schema.org Product as JSON-LD, one a line.</summary>
    [JsonStringEnumMemberName("schema-org")]
    SchemaOrg,
}
