using KdSim.Kernel.Cm;
using Xunit;

namespace KdSim.Kernel.Tests.Cm;

public class RegistryTests
{
    const string Services = @"\Registry\Machine\SYSTEM\CurrentControlSet\Services";

    [Fact]
    public void A_change_leaves_the_old_registry_as_it_was()
    {
        Registry before = Registry.Empty;
        Registry after = before.Set(Services + @"\pulse", RegistryValue.Number("Start", 3));
        Assert.Null(before.Find(Services + @"\pulse"));
        Assert.Equal(3u, after.Value(Services + @"\PULSE", "start")!.AsNumber());
    }

    [Fact]
    public void The_current_control_set_is_a_link()
    {
        Registry registry = Registry.Empty.Set(Services + @"\pulse", RegistryValue.Number("Start", 3));
        Assert.Equal(3u, registry.Value(@"\Registry\Machine\System\ControlSet001\Services\pulse", "Start")!.AsNumber());
        Assert.True(registry.TryOpen(Services + @"\pulse", out int key));
        Assert.Equal(@"\Registry\Machine\SYSTEM\ControlSet001\Services\pulse", registry.PathOf(key));
    }

    [Fact]
    public void A_link_to_itself_is_not_followed_for_ever()
    {
        Registry registry = Registry.Empty.Link(@"\Registry\Machine\Loop", @"\Registry\Machine\Loop");
        Assert.False(registry.TryOpen(@"\Registry\Machine\Loop\x", out _));
    }

    [Fact]
    public void Keys_with_subkeys_stay_and_numbers_are_not_reused()
    {
        Registry registry = Registry.Empty.Create(@"\Registry\Machine\A\B", out int b);
        Assert.True(registry.TryOpen(@"\Registry\Machine\A", out int a));
        Assert.Same(registry, registry.DeleteKey(a));
        registry = registry.DeleteTree(a);
        Assert.False(registry.Exists(a));
        Assert.False(registry.Exists(b));
        registry = registry.Create(@"\Registry\Machine\A", out int again);
        Assert.True(again > b);
    }

    [Fact]
    public void Values_keep_their_order_and_the_case_of_their_first_name()
    {
        Registry registry = Registry.Empty.Create(@"\Registry\Machine\K", out int key)
            .Set(key, RegistryValue.Text("Zeta", "1")).Set(key, RegistryValue.Text("alpha", "2")).Set(key, RegistryValue.Text("ZETA", "3"));
        Assert.Equal(["Zeta", "alpha"], registry[key].Values.Select(value => value.Name));
        Assert.Equal("3", registry[key].Value("zeta")!.AsText());
    }

    [Fact]
    public void Multi_strings_round_trip()
    {
        RegistryValue value = RegistryValue.Texts("UpperFilters", ["a", "b"]);
        Assert.Equal(["a", "b"], value.AsTexts());
        Assert.Equal(10, value.Data.Length);
    }
}
