using System.Globalization;
using BlobCaptioner.Text;
using NJsonSchema;
using NJsonSchema.Validation;

namespace BlobCaptioner.Profiles.Files;

/// <summary>The published schema of profile files, and validation by it.</summary>
public static class ProfileSchema
{
    private const string Resource = "BlobCaptioner.Profiles.profile.schema.json";
    private const int MostProblems = 50;
    private const int MostQuoted = 60;
    private const int MinPrefix = 4;

    private static readonly Lock s_validating = new();

    /// <summary>The schema as it is published: JSON Schema draft 7.</summary>
    public static string Text { get; } = EmbeddedText.Read(Resource);

    private static JsonSchema Schema => field ??= JsonSchema.FromJsonAsync(Text).GetAwaiter().GetResult();

    /// <summary>The problems of a file, each as <c>FILE: $.fields[3].kind: 'txt' is not one of text, ...</c>; empty where nothing is. At most 50.</summary>
    /// <param name="json">Strict JSON.</param>
    /// <param name="fileName">Named in the problems.</param>
    internal static IReadOnlyList<string> Validate(string json, string fileName)
    {
        try
        {
            lock (s_validating)
            {
                using var reader = new Newtonsoft.Json.JsonTextReader(new StringReader(json)) { DateParseHandling = Newtonsoft.Json.DateParseHandling.None };
                var token = Newtonsoft.Json.Linq.JToken.ReadFrom(reader);
                TameIntegers(token);
                return [.. Leaves(Schema.Validate(token)).Select(e => $"{fileName}: {PathOf(e)}: {Describe(e, token)}").Distinct(StringComparer.Ordinal).Take(MostProblems)];
            }
        }
        catch (Newtonsoft.Json.JsonException error)
        {
            return [$"{fileName}: {error.Message}"];
        }
    }

    // NJsonSchema can't compare integers of more than 64 bits.
    private static void TameIntegers(Newtonsoft.Json.Linq.JToken token)
    {
        if (token is Newtonsoft.Json.Linq.JValue { Value: System.Numerics.BigInteger large } value)
        {
            value.Value = (double)large;
        }

        foreach (var child in token.Children())
        {
            TameIntegers(child);
        }
    }

    private static IEnumerable<ValidationError> Leaves(IEnumerable<ValidationError> errors) => errors.SelectMany(e =>
        e is ChildSchemaValidationError nested ? Leaves(nested.Errors.SelectMany(n => n.Value))
        : e is MultiTypeValidationError types ? Leaves(types.Errors.SelectMany(n => n.Value)).DefaultIfEmpty(e)
        : [e]);

    private static string PathOf(ValidationError error)
    {
        var path = (error.Path ?? "").TrimStart('#', '/');
        return path.Length == 0 ? "$" : path[0] == '[' ? "$" + path : "$." + path;
    }

    private static string Describe(ValidationError error, Newtonsoft.Json.Linq.JToken root)
    {
        var (schema, value) = (error.Schema.ActualSchema, Quote(error, root));
        return error.Kind switch
        {
            ValidationErrorKind.NotInEnumeration => $"{value} is not one of {string.Join(", ", schema.Enumeration)}",
            ValidationErrorKind.NoAdditionalPropertiesAllowed => Unknown(error.Property ?? "", schema),
            ValidationErrorKind.PropertyRequired => $"'{error.Property}' is missing; give it",
            ValidationErrorKind.NumberTooBig or ValidationErrorKind.NumberTooSmall or ValidationErrorKind.IntegerTooBig => $"{value} is outside {Range(schema)}",
            ValidationErrorKind.StringTooLong or ValidationErrorKind.StringTooShort => $"{value} must have {schema.MinLength ?? 0} to {schema.MaxLength} characters",
            ValidationErrorKind.PatternMismatch => $"{value} does not match {schema.Pattern} ({schema.Description})",
            ValidationErrorKind.TooManyItems or ValidationErrorKind.TooFewItems => $"must have {schema.MinItems} to {schema.MaxItems} items",
            ValidationErrorKind.ItemsNotUnique => "has an item twice; remove one",
            ValidationErrorKind.StringExpected => $"{value} is not a text; put it in quotes",
            ValidationErrorKind.IntegerExpected => $"{value} is not a whole number{Within(schema)}",
            ValidationErrorKind.NumberExpected => $"{value} is not a number{Within(schema)}",
            ValidationErrorKind.BooleanExpected => $"{value} is neither true nor false",
            ValidationErrorKind.ArrayExpected => $"{value} is not a list; put it in [ ]",
            ValidationErrorKind.ObjectExpected => $"{value} is not an object; put it in {{ }}",
            _ => $"{value} does not match the schema ({schema.Description ?? error.Kind.ToString()})",
        };
    }

    private static string Unknown(string name, JsonSchema schema)
    {
        var known = schema.ActualProperties.Keys.ToList();
        var nearest = known.MinBy(k => EditDistance(k, name)) ?? "";
        if (EditDistance(nearest, name) > Math.Max(2, name.Length / 3))
        {
            nearest = known.Find(k => k.AsSpan().CommonPrefixLength(name) >= MinPrefix) ?? "";
        }

        var hint = nearest.Length > 0 ? $"did you mean '{nearest}'?" : $"there are {string.Join(", ", known)}";
        return $"'{(name.Length <= MostQuoted ? name : name[..MostQuoted])}' is unknown; {hint}";
    }

    private static string Quote(ValidationError error, Newtonsoft.Json.Linq.JToken root)
    {
        Newtonsoft.Json.Linq.JToken? token;
        try
        {
            token = root.SelectToken(PathOf(error));
        }
        catch (Newtonsoft.Json.JsonException)
        {
            token = null;
        }

        var text = token?.ToString(Newtonsoft.Json.Formatting.None).Trim('"') ?? error.Property ?? "it";
        return $"'{(text.Length <= MostQuoted ? text : text[..MostQuoted] + "...")}'";
    }

    private static string Range(JsonSchema schema) => string.Create(CultureInfo.InvariantCulture, $"{schema.Minimum} to {schema.Maximum}");

    private static string Within(JsonSchema schema) => schema.Minimum is null ? "" : $" of {Range(schema)}";

    // Levenshtein distance, ignoring case
    private static int EditDistance(string a, string b)
    {
        if (b.Length > 100)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? diagonal : diagonal + 1;
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
