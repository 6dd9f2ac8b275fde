namespace BlobCaptioner.Exports.Formats;

/// <summary>
/// Keeps spreadsheets from running a cell as a formula: what begins with <c>=</c>, <c>+</c>, <c>-</c>, <c>@</c>, tab or carriage return gets an apostrophe in front.
/// Source: https://owasp.org/www-community/attacks/CSV_Injection.
/// </summary>
internal static class FormulaGuard
{
    /// <summary>
    /// The cell, guarded. Apostrophes before such a sign are doubled the same way, so that taking one apostrophe off from before a sign (or from before an apostrophe that
    /// leads to one) gives the text back exactly.
    /// </summary>
    public static string? Guard(string? cell) => IsFormula(cell) ? "'" + cell : cell;

    /// <summary>The text of a guarded cell.</summary>
    public static string Unguard(string cell) => cell is ['\'', .. var rest] && IsFormula(rest) ? rest : cell;

    private static bool IsFormula(string? cell) => (cell ?? "").AsSpan().TrimStart('\'') is ['=' or '+' or '-' or '@' or '\t' or '\r', ..];
}
