using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Validation;

/// <summary>Checks options by the rules of their attributes. Hosts check settings when they start, constructors what they are given.</summary>
public static class OptionsCheck
{
    /// <summary>Throws unless the options follow the rules.</summary>
    /// <returns>The options.</returns>
    /// <exception cref="OptionsValidationException">A value is out of its range. The message names each wrong property, its value and its limit.</exception>
    public static T Require<T>(this IValidateOptions<T> rules, T options)
        where T : class
    {
        var problems = rules.Problems(options, property => property);
        return problems.Count == 0 ? options : throw new OptionsValidationException(typeof(T).Name, typeof(T), problems);
    }

    /// <summary>What is wrong with options; empty where they follow the rules.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="options">The options.</param>
    /// <param name="nameOf">A property's name as the user writes it.</param>
    /// <returns>Sentences such as <c>'Queue__MaxTries' is '0'. It must be between 1 and 100.</c> Secrets are left out: the value of a property with <see cref="PasswordPropertyTextAttribute"/>, and an address with a user.</returns>
    public static IReadOnlyList<string> Problems<T>(this IValidateOptions<T> rules, T options, Func<string, string> nameOf)
        where T : class =>
        [.. (rules.Validate(name: null, options).Failures ?? []).Select(failure => Describe(failure, options, nameOf))];

    // Generated validators say "MaxTries: The field QueueLoopOptions.MaxTries must be between 1 and 100."
    private static string Describe<T>(string failure, T options, Func<string, string> nameOf)
    {
        var end = failure.IndexOf(": ", StringComparison.Ordinal);
        if (end < 0 || typeof(T).GetProperty(failure[..end]) is not { } property)
        {
            return failure;
        }

        var (name, field) = (nameOf(property.Name), $"{typeof(T).Name}.{property.Name}");
        var rule = failure[(end + 2)..]
            .Replace($"The field {field}", "It", StringComparison.Ordinal)
            .Replace($"The {field} field", "It", StringComparison.Ordinal);
        var value = property.GetValue(options);
        var text = Convert.ToString(value, CultureInfo.InvariantCulture);
        return string.IsNullOrEmpty(text) ? $"'{name}' is not set. {rule}"
            : IsSecret(property, value) ? $"'{name}': {rule}"
            : $"'{name}' is '{text}'. {rule}";
    }

    private static bool IsSecret(PropertyInfo property, object? value) =>
        property.IsDefined(typeof(PasswordPropertyTextAttribute)) || value is Uri { IsAbsoluteUri: true, UserInfo.Length: > 0 };
}
