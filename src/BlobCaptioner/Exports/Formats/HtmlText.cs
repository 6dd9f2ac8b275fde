namespace BlobCaptioner.Exports.Formats;

/// <summary>Text inside of HTML elements. The library's encoders write accents and emoji as numbers, which triples a text and hides it from people.</summary>
internal static class HtmlText
{
    /// <summary>The text with <c>&amp;</c>, <c>&lt;</c> and <c>&gt;</c> written as entities.</summary>
    public static string Encode(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
