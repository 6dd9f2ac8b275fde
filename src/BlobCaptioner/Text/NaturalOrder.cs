namespace BlobCaptioner.Text;

/// <summary>Natural order of names: <c>S</c> before <c>S-2</c> before <c>S-10</c>. Otherwise ordinal; a total order.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    public static NaturalOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (a, b) = (x ?? "", y ?? "");

        // Extensions are compared last; otherwise S.jpg would come after S-1.jpg.
        var order = CompareStems(Stem(a), Stem(b));
        return order != 0 ? order : string.CompareOrdinal(a, b);
    }

    private static ReadOnlySpan<char> Stem(string name)
    {
        var end = name.LastIndexOf('.');
        return end > name.LastIndexOf('/') + 1 ? name.AsSpan(0, end) : name;
    }

    private static int CompareStems(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        while (!a.IsEmpty && !b.IsEmpty)
        {
            var (digitsA, digitsB) = (Digits(a), Digits(b));
            var order = digitsA > 0 && digitsB > 0 ? CompareNumbers(a[..digitsA], b[..digitsB]) : a[0].CompareTo(b[0]);
            if (order != 0)
            {
                return order;
            }

            a = a[Math.Max(1, digitsA)..];
            b = b[Math.Max(1, digitsB)..];
        }

        return a.Length.CompareTo(b.Length);
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static int CompareNumbers(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        a = a.TrimStart('0');
        b = b.TrimStart('0');
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);
    }
}
