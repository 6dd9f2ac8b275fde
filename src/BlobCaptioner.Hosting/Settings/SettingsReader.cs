using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>Reads sections of settings into options, and says in full what is wrong with them.</summary>
public static class SettingsReader
{
    /// <summary>Reads a section; what it doesn't set keeps its default.</summary>
    /// <param name="configuration">All settings.</param>
    /// <param name="section">The section's key.</param>
    /// <exception cref="SettingsException">A setting is unknown, of the wrong type or out of its range. All that are wrong are named at once.</exception>
    public static T Read<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        var values = configuration.GetSection(section);
        var problems = new List<string>();
        RefuseUnknown(typeof(T), values, problems);
        if (problems.Count > 0)
        {
            throw new SettingsException(string.Join('\n', problems));
        }

        T options;
        try
        {
            options = values.Get<T>() ?? new();
        }
        catch (InvalidOperationException error)
        {
            throw new SettingsException(Unreadable(typeof(T), values) ?? error.Message, error);
        }

        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new(options), results, validateAllProperties: true);
        problems.AddRange(results.SelectMany(result => result.MemberNames.DefaultIfEmpty(null).Select(member => Describe(values, options, member, result.ErrorMessage))));
        return problems.Count == 0 ? options : throw new SettingsException(string.Join('\n', problems));
    }

    /// <summary>A setting's key as one writes it in an environment variable: <c>Images:MaxMegapixels</c> is <c>Images__MaxMegapixels</c>.</summary>
    public static string Variable(string key) => key.Replace(":", "__", StringComparison.Ordinal);

    private static IEnumerable<PropertyInfo> Settable(Type options) =>
        options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is { IsPublic: true });

    private static void RefuseUnknown(Type options, IConfigurationSection values, List<string> problems)
    {
        var known = Settable(options).Select(p => p.Name).ToArray();
        problems.AddRange(
            from value in values.GetChildren()
            where !known.Contains(value.Key, StringComparer.OrdinalIgnoreCase)
            select $"'{Variable(value.Path)}' is not a setting. '{values.Path}' has: {string.Join(", ", known.Select(k => Variable($"{values.Path}:{k}")))}.");
    }

    private static string? Unreadable(Type options, IConfigurationSection values)
    {
        foreach (var property in Settable(options))
        {
            var value = values.GetSection(property.Name);
            try
            {
                value.Get(property.PropertyType);
            }
            catch (InvalidOperationException)
            {
                return $"'{Variable(value.Path)}' is '{value.Value}'; it takes {Kind(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType)}.";
            }
        }

        return null;
    }

    private static string Kind(Type type) => type switch
    {
        _ when type == typeof(TimeSpan) => "a time as hh:mm:ss, for example 00:00:30",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ when type == typeof(Uri) => "an address like https://example.com/",
        { IsEnum: true } => string.Join(" or ", Enum.GetNames(type)),
        _ when type == typeof(string) => "a text",
        _ => $"a {type.Name}",
    };

    private static string Describe<T>(IConfigurationSection values, T options, string? member, string? message)
    {
        if (member is null)
        {
            return $"'{values.Path}': {message}";
        }

        var property = typeof(T).GetProperty(member)!;
        var key = Variable($"{values.Path}:{member}");
        return Convert.ToString(property.GetValue(options), CultureInfo.InvariantCulture) is { Length: > 0 } value
            ? $"'{key}' is '{value}'. {message}"
            : $"'{key}' is not set; it takes {Kind(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType)}.";
    }
}
